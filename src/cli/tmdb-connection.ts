import type { Settings } from '../config/settings.ts';
import { UserError } from '../errors.ts';
import type { KeyQuestion } from '../tmdb/check-key.ts';
import type { TmdbClient } from '../tmdb/client.ts';
import type { CommandContext } from './context.ts';

/**
 * A client of TMDB for this process. The key is checked first, so that a wrong one ends before anything is changed.
 * @throws {KeyRefusedError}
 */
export async function connectTmdb(
  context: CommandContext,
  { settings, apiKey }: { settings: Settings; apiKey: string },
): Promise<TmdbClient> {
  const { createTmdb } = await import('../app/create-tmdb.ts');
  const { http, tmdb } = createTmdb(context, { settings, apiKey });
  const doubt = await findKeyDoubt({ http, baseUrl: settings.tmdbBaseUrl, apiKey, signal: context.signal });
  if (doubt) context.output.debug(doubt); // Whether TMDB is away for long is the client's to find out.
  return tmdb;
}

/**
 * Asks TMDB whether it knows the key.
 * @returns why TMDB could not say, or `undefined` for a key that it knows.
 * @throws {KeyRefusedError} for one that it refuses.
 */
export async function findKeyDoubt(question: KeyQuestion): Promise<string | undefined> {
  const { checkKey } = await import('../tmdb/check-key.ts');
  const { KeyRefusedError } = await import('../tmdb/errors.ts');
  try {
    await checkKey(question);
    return undefined;
  } catch (error) {
    if (error instanceof KeyRefusedError || !(error instanceof UserError)) throw error;
    return error.message;
  }
}
