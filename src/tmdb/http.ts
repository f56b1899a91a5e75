import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import got, { RequestError } from 'got';
import { MAX_CONNECTIONS } from './limits.ts';

/** The answer to one GET. */
export interface HttpAnswer {
  readonly status: number;
  readonly body: string;
  /** The `Retry-After` header, unparsed. */
  readonly retryAfter: string | undefined;
}

/**
 * One GET, sent once.
 * @throws {TransportError} when no complete answer arrived; the signal's reason when it was aborted.
 */
export type HttpGet = (
  url: URL,
  options: { readonly headers: Readonly<Record<string, string>>; readonly signal?: AbortSignal | undefined },
) => Promise<HttpAnswer>;

/** No complete answer arrived: reset, time-out, name not found. Its message is a short code and holds no URL. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
}

/**
 * HTTP with got: connections kept alive, at most {@link MAX_CONNECTIONS} of them, no retries (the client has
 * the only retry layer), redirects not followed (TMDB's API has none).
 * @param options.userAgent an honest one, as TMDB's terms ask.
 * @param options.timeoutMs for a whole request.
 */
export function createHttpGet({
  userAgent,
  timeoutMs = 20_000,
}: {
  userAgent: string;
  timeoutMs?: number;
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
    try {
      const answer = await client.get(url, { headers, ...(signal && { signal }) });
      return { status: answer.statusCode, body: answer.body, retryAfter: answer.headers['retry-after'] };
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof RequestError) throw new TransportError(error.code);
      throw error;
    }
  };
}
