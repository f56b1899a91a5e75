import type { Clock } from '../clock.ts';
import { SETTINGS, type Settings } from '../config/settings.ts';
import { namingSource, UsageError, UserError } from '../errors.ts';
import { checkKey, type KeyCheck } from '../tmdb/check-key.ts';
import { createTmdbClient, type TmdbClient } from '../tmdb/client.ts';
import { createHttpGet, type HttpGet } from '../tmdb/http.ts';
import { createPacer, type Pacer } from '../tmdb/pacer.ts';
import type { Trace } from '../trace.ts';
import type { OnWait } from '../wait.ts';
import { userAgent } from './version.ts';

/**
 * Creates a TMDB client for this process; it sends no requests yet.
 * @param deps.rateNow returns the current rate in requests per second; called before each request. Default: the rate of the
 *   settings, the whole budget.
 * @returns the client, and its unpaced HTTP client for checking the key.
 * @throws {UsageError} for a base URL to which the key must not be sent.
 */
export function createTmdb(
  {
    clock,
    env,
    trace,
    onWait,
    rateNow,
  }: {
    readonly clock: Clock;
    /** As `process.env`: the proxy. */
    readonly env?: Readonly<Record<string, string | undefined>> | undefined;
    readonly trace?: Trace | undefined;
    readonly onWait?: OnWait | undefined;
    readonly rateNow?: (() => Promise<number>) | undefined;
  },
  { settings, apiKey }: { readonly settings: Settings; readonly apiKey: string },
): { readonly http: HttpGet; readonly tmdb: TmdbClient } {
  const { requestsPerSecond } = settings;
  // Settings that a script has created itself were not parsed.
  const baseUrl = namingSource('The base URL of TMDB', () =>
    SETTINGS.tmdbBaseUrl.parse(settings.tmdbBaseUrl),
  );
  const http = createHttpGet({ userAgent: userAgent(), env, trace });
  const pacer = createPacer({ requestsPerSecond, clock });
  const paced: Pacer = {
    ...pacer,
    take: async (signal) => {
      if (rateNow) pacer.setRate(await rateNow());
      return pacer.take(signal);
    },
  };
  const tmdb = createTmdbClient({
    http,
    pacer: paced,
    clock,
    random: Math.random,
    baseUrl,
    apiKey,
    trace,
    onWait,
  });
  return { http, tmdb };
}

/**
 * Checks the key with TMDB. If TMDB cannot be reached, this returns the reason instead of throwing, so that callers can
 * continue.
 * @param check without `http`, the check opens its own connection.
 * @returns the error if the key could not be checked; `undefined` for a valid key.
 * @throws {KeyRejectedError} when TMDB rejects the key.
 * @throws {BaseUrlError} when the base URL is not that of TMDB's API.
 * @throws {UsageError} when the proxy's URL is invalid.
 */
export async function checkKeyIfReachable(
  check: Omit<KeyCheck, 'http'> & {
    readonly http?: HttpGet;
    /** As `process.env`: the proxy. */
    readonly env?: Readonly<Record<string, string | undefined>>;
    readonly timeoutMs?: number;
    readonly trace?: Trace | undefined;
  },
): Promise<UserError | undefined> {
  const { timeoutMs, http, env, trace, ...rest } = check;
  const options = { userAgent: userAgent(), env, trace, ...(timeoutMs !== undefined && { timeoutMs }) };
  try {
    await checkKey({ ...rest, http: http ?? createHttpGet(options) });
    return undefined;
  } catch (error) {
    check.signal?.throwIfAborted();
    if (error instanceof UsageError || !(error instanceof UserError)) throw error;
    return error;
  }
}
