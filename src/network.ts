import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { SecureContext } from 'node:tls';
import { type ProxyServer, proxyFor } from './proxy.ts';

/** Environment variables, as `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>;

/** The limits of keep-alive connections. */
interface ConnectionLimits {
  readonly maxSockets?: number;
  readonly maxTotalSockets?: number;
}

/** The connections to a server: direct, or through a proxy. */
export interface Route {
  readonly agents: { readonly http: HttpAgent; readonly https: HttpsAgent };
  readonly proxy: ProxyServer | undefined;
}

/**
 * Returns the route to a URL.
 * @throws {UsageError} when the variable with the proxy is invalid.
 */
export type Network = (url: URL) => Promise<Route>;

/**
 * Creates the connections to servers, with keep-alive: direct ones, and those through the proxies that the environment
 * names (see `proxyFor`). The code for proxies is loaded when a URL needs one.
 * @param options.secureContext the certificates that are trusted, instead of Node's.
 */
export function createNetwork(
  env: Environment,
  {
    secureContext,
    ...limits
  }: ConnectionLimits & { readonly secureContext?: SecureContext | undefined } = {},
): Network {
  const options = { keepAlive: true, ...limits };
  const trust = secureContext === undefined ? {} : { secureContext };
  const direct = () => ({ http: new HttpAgent(options), https: new HttpsAgent({ ...options, ...trust }) });
  const routes = new Map<string, Promise<Route>>();
  const open = async (proxy: ProxyServer | undefined): Promise<Route> => {
    if (proxy === undefined) return { agents: direct(), proxy };
    const { createProxyAgents } = await import('./proxy-agents.ts');
    return { agents: createProxyAgents(proxy, { ...options, ...trust }), proxy };
  };
  return async (url) => {
    const proxy = proxyFor(url, env);
    const key = proxy?.variable ?? '';
    const route = routes.get(key) ?? open(proxy);
    routes.set(key, route);
    return route;
  };
}
