import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import got, { RequestError } from 'got';
import type { Trace } from '../trace.ts';
import { MAX_CONNECTIONS } from './limits.ts';

/** The response to one GET request. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** The unparsed `Retry-After` header. */
  readonly retryAfter: string | undefined;
}

/**
 * Sends one GET request, without retries.
 * @throws {TransportError} when no complete response arrived.
 * @throws the signal's reason when the signal is aborted.
 */
export type HttpGet = (
  url: URL,
  options: { readonly headers: Readonly<Record<string, string>>; readonly signal?: AbortSignal | undefined },
) => Promise<HttpAnswer>;

/** No complete response arrived: connection reset, timeout, unknown host. The message is a short code without the URL. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
}

/**
 * Creates an HTTP client with at most {@link MAX_CONNECTIONS} keep-alive connections. It does not retry, which is the
 * job of the TMDB client, and does not follow redirects, which TMDB's API does not use.
 * @param options.userAgent identifies this program, as TMDB's terms require.
 * @param options.timeoutMs for the whole request, including the body.
 * @param options.trace observes each request, without the API key.
 */
export function createHttpGet({
  userAgent,
  timeoutMs = 20_000,
  trace,
}: {
  userAgent: string;
  timeoutMs?: number;
  trace?: Trace | undefined;
}): HttpGet {
  const agentOptions = { keepAlive: true, maxSockets: MAX_CONNECTIONS, maxTotalSockets: MAX_CONNECTIONS };
  const client = got.extend({
    agent: { http: new HttpAgent(agentOptions), https: new HttpsAgent(agentOptions) },
    headers: { 'user-agent': userAgent, accept: 'application/json' },
    retry: { limit: 0 },
    timeout: { request: timeoutMs },
    throwHttpErrors: false,
    followRedirect: false,
  });
  return async (url, { headers, signal }) => {
    const ended = trace?.request(`TMDB GET ${pathWithoutKey(url)}`);
    try {
      const answer = await client.get(url, { headers, ...(signal && { signal }) });
      ended?.(String(answer.statusCode));
      return { status: answer.statusCode, body: answer.body, retryAfter: answer.headers['retry-after'] };
    } catch (error) {
      ended?.(signal?.aborted ? 'aborted' : error instanceof RequestError ? error.code : 'failed');
      signal?.throwIfAborted();
      if (error instanceof RequestError) throw new TransportError(error.code);
      throw error;
    }
  };
}

/** Returns a URL's path and query, without the API key that a v3 request has in its query. */
function pathWithoutKey(url: URL): string {
  const shown = new URL(url);
  shown.searchParams.delete('api_key');
  return `${shown.pathname}${shown.search}`;
}
