import type { Settings } from '../config/settings.ts';
import { UserError } from '../errors.ts';
import type { TmdbClient } from '../tmdb/client.ts';
import type { CommandContext } from './context.ts';
import { userAgent } from './version.ts';

/**
 * A client of TMDB for this process, which has the whole budget for itself. The key is checked first, so that a
 * wrong one ends before anything is changed.
 * @throws {KeyRefusedError}
 */
export async function connectTmdb(
  { clock, output, signal }: CommandContext,
  { settings, apiKey }: { settings: Settings; apiKey: string },
): Promise<TmdbClient> {
  const { tmdbBaseUrl: baseUrl, requestsPerSecond } = settings;
  const { createHttpGet } = await import('../tmdb/http.ts');
  const { createPacer } = await import('../tmdb/pacer.ts');
  const { createTmdbClient } = await import('../tmdb/client.ts');
  const { checkKey } = await import('../tmdb/check-key.ts');
  const { KeyRefusedError } = await import('../tmdb/errors.ts');
  const http = createHttpGet({ userAgent: userAgent() });
  try {
    await checkKey({ http, baseUrl, apiKey, signal });
  } catch (error) {
    if (error instanceof KeyRefusedError || !(error instanceof UserError)) throw error;
    output.debug(error.message); // Whether TMDB is away for long is the client's to find out.
  }
  const pacer = createPacer({ requestsPerSecond, clock });
  return createTmdbClient({ http, pacer, clock, random: Math.random, baseUrl, apiKey });
}
