import type { ConnectionError } from '../connection-error.ts';
import { OutageError } from './errors.ts';

/** An attempt that may be repeated. */
export interface Failure {
  readonly kind: 'failure';
  /** A short reason for the manifest. */
  readonly reason: string;
  /** The failure of the proxy, if that is the cause. */
  readonly connection?: ConnectionError | undefined;
}

/** TMDB did not answer. @param failure the last one. */
export function outage(baseUrl: string, { reason, connection }: Failure): OutageError {
  if (connection) return connectionOutage(connection);
  return new OutageError(
    `TMDB at ${baseUrl} is not responding (last error: ${reason}). Try again later, or check the network, the proxy and TMDB_BASE_URL: the remaining titles are not marked as failed.`,
  );
}

/** TMDB cannot be reached. */
export function connectionOutage(cause: ConnectionError): OutageError {
  return new OutageError(`${cause.message} The remaining titles are not marked as failed.`, { cause });
}

/** TMDB has answered only with 429 for `ms` milliseconds. */
export function throttledThroughout(baseUrl: string, ms: number): OutageError {
  return new OutageError(
    `TMDB at ${baseUrl} has throttled every request (429) for ${Math.round(ms / 60_000)} minutes. Check whether another program uses the same API key, and try again later: the remaining titles are not marked as failed.`,
  );
}
