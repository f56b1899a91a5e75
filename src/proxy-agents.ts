import type { Agent, AgentOptions, ClientRequest } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { HttpProxyAgent } from 'http-proxy-agent';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { findConnectionError, reasonOf } from './connection-error.ts';
import { type ProxyServer, proxyRefused, proxyUnreachable } from './proxy.ts';

/** How long a proxy may take to connect to a server. */
const TIMEOUT_MS = 15_000;

/** The limits of the connections, and for TLS to servers the certificates that are trusted. */
export interface ProxyAgentOptions
  extends Pick<AgentOptions, 'keepAlive' | 'maxSockets' | 'maxTotalSockets'> {
  readonly secureContext?: SecureContext;
  readonly timeoutMs?: number;
}

type Target = Parameters<HttpsProxyAgent<string>['connect']>[1];
type ForwarderRequest = Parameters<HttpProxyAgent<string>['connect']>[0];

/**
 * Creates the agents for requests through a proxy: to https URLs in a tunnel (CONNECT), to http URLs with the whole URL in
 * the request. A failure of the proxy is a {@link ConnectionError}.
 */
export function createProxyAgents(
  proxy: ProxyServer,
  { secureContext, timeoutMs = TIMEOUT_MS, ...limits }: ProxyAgentOptions,
): { readonly http: Agent; readonly https: HttpsAgent } {
  // Not in the URL, which the libraries print for DEBUG=*.
  const headers = proxy.authorization === undefined ? {} : { 'Proxy-Authorization': proxy.authorization };
  const options = { ...limits, headers };

  class Tunnel extends HttpsProxyAgent<string> {
    override async connect(request: ClientRequest, target: Target): Promise<Socket> {
      let status = 200;
      request.once('proxyConnect', ({ statusCode }: { readonly statusCode: number }) => {
        status = statusCode;
      });
      const trusting = secureContext === undefined ? target : { ...target, secureContext };
      const socket = await connectWithin(timeoutMs, proxy, (signal) => {
        this.connectOpts = { ...this.connectOpts, signal };
        return super.connect(request, trusting as Target);
      });
      // The library would pass the proxy's answer on, as if the server had sent it.
      if (status !== 200) throw proxyRefused(proxy, status, `${target.host}:${target.port}`);
      return socket;
    }
  }

  class Forwarder extends HttpProxyAgent<string> {
    override connect(request: ForwarderRequest, target: Target): Promise<Socket> {
      return connectWithin(timeoutMs, proxy, (signal) => {
        this.connectOpts = { ...this.connectOpts, signal };
        return super.connect(request, target);
      });
    }
  }

  return { http: new Forwarder(proxy.url, options), https: new Tunnel(proxy.url, options) };
}

/** Makes every failure to connect a {@link ConnectionError}. @param connect receives a signal that destroys its socket. */
async function connectWithin(
  timeoutMs: number,
  proxy: ProxyServer,
  connect: (signal: AbortSignal) => Promise<Socket>,
): Promise<Socket> {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(proxyUnreachable(proxy, `no answer within ${timeoutMs / 1_000} s`));
      ending.abort();
    }, timeoutMs);
  });
  try {
    return await Promise.race([connect(ending.signal), late]);
  } catch (error) {
    throw (
      findConnectionError(error, `the proxy ${proxy.address}`) ??
      proxyUnreachable(proxy, reasonOf(error), error)
    );
  } finally {
    clearTimeout(timer);
  }
}
