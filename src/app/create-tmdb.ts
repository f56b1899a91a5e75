import type { Clock } from '../clock.ts';
import type { Settings } from '../config/settings.ts';
import { createTmdbClient, type TmdbClient } from '../tmdb/client.ts';
import { createHttpGet, type HttpGet } from '../tmdb/http.ts';
import { createPacer } from '../tmdb/pacer.ts';
import { userAgent } from './version.ts';

/**
 * Makes a client of TMDB for this process, which has the whole budget for itself; nothing is asked yet.
 * @returns the client, and the HTTP beneath it, which is not paced: for the one question whether a key is good.
 */
export function createTmdb(
  { clock }: { readonly clock: Clock },
  { settings, apiKey }: { readonly settings: Settings; readonly apiKey: string },
): { readonly http: HttpGet; readonly tmdb: TmdbClient } {
  const { tmdbBaseUrl: baseUrl, requestsPerSecond } = settings;
  const http = createHttpGet({ userAgent: userAgent() });
  const pacer = createPacer({ requestsPerSecond, clock });
  const tmdb = createTmdbClient({ http, pacer, clock, random: Math.random, baseUrl, apiKey });
  return { http, tmdb };
}
