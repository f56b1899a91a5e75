import { readFile } from 'node:fs/promises';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { findConnectionError } from '../connection-error.ts';
import { UsageError } from '../errors.ts';
import { createNetwork, type Network, type Route } from '../network.ts';
import { proxyRefused } from '../proxy.ts';
import { quote } from '../text.ts';

/** Environment variables, as `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>;

/** How long a client waits for AWS, in milliseconds. By default the SDK waits forever. */
export interface Timeouts {
  readonly connectionTimeout: number;
  /** How long a connection may be idle. */
  readonly socketTimeout: number;
}

/** A download into a distant bucket has up to 60 titles and 100 partitions in progress. No service's limit is near this number. */
const MAX_SOCKETS = 128;

/** Longer than the timeout of the proxy's agent, whose error names the proxy. */
const THROUGH_PROXY_TIMEOUT_MS = 20_000;

/**
 * Creates what sends the requests of an AWS client: directly, or through the proxy that the environment names. It also
 * trusts the CAs in `AWS_CA_BUNDLE` or the profile's `ca_bundle`, which the SDK ignores. Failures of a proxy or a
 * certificate become a {@link ConnectionError}.
 */
export function createRequestHandler(timeouts: Timeouts, env: Environment): Omit<NodeHttpHandler, never> {
  let opening: Promise<Network> | undefined;
  const open = async (): Promise<Network> =>
    createNetwork(env, { maxSockets: MAX_SOCKETS, secureContext: await readTrust(env) });
  const handlers = new Map<Route, NodeHttpHandler>();
  const handlerOf = (route: Route): NodeHttpHandler => {
    const { http: httpAgent, https: httpsAgent } = route.agents;
    const connectionTimeout =
      route.proxy === undefined ? timeouts.connectionTimeout : THROUGH_PROXY_TIMEOUT_MS;
    const handler =
      handlers.get(route) ?? new NodeHttpHandler({ ...timeouts, connectionTimeout, httpAgent, httpsAgent });
    handlers.set(route, handler);
    return handler;
  };
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    handle: async (...[request, options]: Parameters<NodeHttpHandler['handle']>) => {
      const { protocol, hostname, port } = request;
      const url = new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}`);
      opening ??= open();
      const route = await (await opening)(url);
      try {
        const answer = await handlerOf(route).handle(request, options);
        const { statusCode } = answer.response;
        if (route.proxy && statusCode === 407) throw proxyRefused(route.proxy, statusCode, url.host);
        return answer;
      } catch (error) {
        throw findConnectionError(error, url.host) ?? error;
      }
    },
    destroy: () => {
      for (const handler of handlers.values()) handler.destroy();
    },
    updateHttpClientConfig: () => {},
    httpHandlerConfigs: () => ({}),
  };
}

/**
 * Reads the CAs that AWS's tools trust (https://docs.aws.amazon.com/sdkref/latest/guide/feature-gen-config.html), and adds
 * them to those that Node trusts.
 * @returns `undefined` when none are configured.
 * @throws {UsageError} when the file cannot be read or has no certificate.
 */
async function readTrust(env: Environment): Promise<SecureContext | undefined> {
  const bundle = await findCaBundle(env);
  if (bundle === undefined) return undefined;
  const { source, path } = bundle;
  const pem = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw unusable(source, path, `cannot be read (${error.code})`);
  });
  if (!pem.includes('-----BEGIN ')) throw unusable(source, path, 'has no certificate in PEM format');
  const extra = env.NODE_EXTRA_CA_CERTS
    ? await readFile(env.NODE_EXTRA_CA_CERTS, 'utf8').catch(() => '')
    : '';
  return createSecureContext({ ca: [...rootCertificates, extra, pem].filter((text) => text !== '') });
}

async function findCaBundle(env: Environment) {
  const path = env.AWS_CA_BUNDLE?.trim();
  if (path) return { source: 'AWS_CA_BUNDLE', path };
  const { loadSharedConfigFiles } = await import('@smithy/core/config');
  const { configFile } = await loadSharedConfigFiles();
  const profile = env.AWS_PROFILE || 'default';
  const inProfile = configFile[profile]?.ca_bundle;
  return inProfile ? { source: `ca_bundle in the profile ${quote(profile)}`, path: inProfile } : undefined;
}

function unusable(source: string, path: string, problem: string): UsageError {
  return new UsageError(
    `${source}: the file ${quote(path, 500)} ${problem}. Correct the path, or remove it.`,
  );
}
