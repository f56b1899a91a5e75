import type { Settings } from '../config/settings.ts';
import { UserError } from '../errors.ts';
import type { TmdbClient } from '../tmdb/client.ts';
import type { CommandContext } from './context.ts';

/**
 * A client of TMDB for this process. The key is checked first, so that a wrong one ends before anything is changed.
 * @throws {KeyRefusedError}
 */
export async function connectTmdb(
  { clock, output, signal }: CommandContext,
  { settings, apiKey }: { settings: Settings; apiKey: string },
): Promise<TmdbClient> {
  const { createTmdb } = await import('../connect/create-tmdb.ts');
  const { checkKey } = await import('../tmdb/check-key.ts');
  const { KeyRefusedError } = await import('../tmdb/errors.ts');
  const { http, tmdb } = createTmdb({ clock }, { settings, apiKey });
  try {
    await checkKey({ http, baseUrl: settings.tmdbBaseUrl, apiKey, signal });
  } catch (error) {
    if (error instanceof KeyRefusedError || !(error instanceof UserError)) throw error;
    output.debug(error.message); // Whether TMDB is away for long is the client's to find out.
  }
  return tmdb;
}
