import got, { RequestError } from 'got';
import { type ConnectionError, findConnectionError } from '../connection-error.ts';
import { explainTooManyFiles } from '../errors.ts';
import { createNetwork } from '../network.ts';
import { proxyRefused } from '../proxy.ts';
import type { Trace } from '../trace.ts';
import { MAX_BODY_BYTES, MAX_CONNECTIONS } from './limits.ts';

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
 * @throws {UserError} when this process cannot open another socket, whatever TMDB would have answered.
 * @throws {ConnectionError} when the proxy or a certificate must be corrected first, {@link UsageError} when the proxy's
 *   URL is invalid.
 * @throws the signal's reason when the signal is aborted.
 */
export type HttpGet = (
  url: URL,
  options: { readonly headers: Readonly<Record<string, string>>; readonly signal?: AbortSignal | undefined },
) => Promise<HttpAnswer>;

/** No complete response arrived: connection reset, timeout, unknown host, too large. The message is a short code without the URL. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  /** The failure of the proxy, if that is the cause. */
  declare readonly cause?: ConnectionError | undefined;
}

/**
 * Creates an HTTP client with at most {@link MAX_CONNECTIONS} keep-alive connections. It does not retry, which is the
 * job of the TMDB client, and does not follow redirects, which TMDB's API does not use.
 * @param options.userAgent identifies this program, as TMDB's terms require.
 * @param options.env as `process.env`: the proxy.
 * @param options.timeoutMs for the whole request, including the body.
 * @param options.maxBodyBytes the maximum size of a body, decompressed. Reading stops there, so a small compressed body that
 *   expands to more than that does not fill the memory.
 * @param options.trace observes each request, without the API key.
 */
export function createHttpGet({
  userAgent,
  env = {},
  timeoutMs = 20_000,
  maxBodyBytes = MAX_BODY_BYTES,
  trace,
}: {
  userAgent: string;
  env?: Readonly<Record<string, string | undefined>> | undefined;
  timeoutMs?: number;
  maxBodyBytes?: number;
  trace?: Trace | undefined;
}): HttpGet {
  const network = createNetwork(env, { maxSockets: MAX_CONNECTIONS, maxTotalSockets: MAX_CONNECTIONS });
  const client = got.extend({
    headers: { 'user-agent': userAgent, accept: 'application/json' },
    retry: { limit: 0 },
    timeout: { request: timeoutMs },
    throwHttpErrors: false,
    followRedirect: false,
  });
  return async (url, { headers, signal }) => {
    const { agents: agent, proxy } = await network(url);
    const ended = trace?.request(`TMDB GET ${pathWithoutKey(url)}`);
    let isTooLarge = false;
    try {
      const request = client.get(url, { headers, agent, ...(signal && { signal }) });
      request.on('downloadProgress', ({ transferred }) => {
        if (transferred <= maxBodyBytes) return;
        isTooLarge = true;
        request.cancel();
      });
      const answer = await request;
      if (proxy && answer.statusCode === 407) throw proxyRefused(proxy, answer.statusCode, url.host);
      ended?.(String(answer.statusCode));
      return { status: answer.statusCode, body: answer.body, retryAfter: answer.headers['retry-after'] };
    } catch (error) {
      const tooLarge = `response larger than ${Math.round(maxBodyBytes / 1_000_000)} MB`;
      ended?.(
        signal?.aborted
          ? 'aborted'
          : isTooLarge
            ? tooLarge
            : error instanceof RequestError
              ? error.code
              : 'failed',
      );
      signal?.throwIfAborted();
      if (isTooLarge) throw new TransportError(tooLarge);
      const failure = findConnectionError(error, url.host);
      if (failure?.isTransient === false) throw failure;
      if (failure !== undefined) throw new TransportError(failure.problem, { cause: failure });
      if (error instanceof RequestError) throw explainTooManyFiles(error) ?? new TransportError(error.code);
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
