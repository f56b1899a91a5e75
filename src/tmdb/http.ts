import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import got, { RequestError } from 'got';
import { explainTooManyFiles } from '../errors.ts';
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
 * @throws the signal's reason when the signal is aborted.
 */
export type HttpGet = (
  url: URL,
  options: { readonly headers: Readonly<Record<string, string>>; readonly signal?: AbortSignal | undefined },
) => Promise<HttpAnswer>;

/** No complete response arrived: connection reset, timeout, unknown host, too large. The message is a short code without the URL. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
}

/**
 * Creates an HTTP client with at most {@link MAX_CONNECTIONS} keep-alive connections. It does not retry, which is the
 * job of the TMDB client, and does not follow redirects, which TMDB's API does not use.
 * @param options.userAgent identifies this program, as TMDB's terms require.
 * @param options.timeoutMs for the whole request, including the body.
 * @param options.maxBodyBytes the maximum size of a body, decompressed. Reading stops there, so a small compressed body that
 *   expands to more than that does not fill the memory.
 * @param options.trace observes each request, without the API key.
 */
export function createHttpGet({
  userAgent,
  timeoutMs = 20_000,
  maxBodyBytes = MAX_BODY_BYTES,
  trace,
}: {
  userAgent: string;
  timeoutMs?: number;
  maxBodyBytes?: number;
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
    let isTooLarge = false;
    try {
      const request = client.get(url, { headers, ...(signal && { signal }) });
      request.on('downloadProgress', ({ transferred }) => {
        if (transferred <= maxBodyBytes) return;
        isTooLarge = true;
        request.cancel();
      });
      const answer = await request;
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
