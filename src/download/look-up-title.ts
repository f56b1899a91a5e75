import { UserError } from '../errors.ts';
import type { Partition } from '../partition.ts';
import { toOneLine } from '../text.ts';
import type { TmdbClient } from '../tmdb/client.ts';
import { RequestFailedError } from '../tmdb/errors.ts';
import { type LookupSettings, lookUpMovie } from '../tmdb/look-up-movie.ts';
import { createDocuments, type DocumentText } from './documents.ts';
import type { TitleState } from './manifest.ts';

/** The result of looking a title up: its state, without the time, and the documents to write. */
type LookedUp = WithoutTime<Exclude<TitleState, { state: 'left' }>> & {
  readonly documents: readonly DocumentText[];
};
type WithoutTime<T> = T extends unknown ? Omit<T, 'at'> : never;

/** After this many titles with an unexpected error and none found, the cause is not the data of single titles. */
const BUG_AFTER_TITLES = 20;

/**
 * Creates the function that looks a title up and creates its documents. Only what follows from the title itself happens
 * here, so that an unexpected error fails this title, not the run: the lake's errors are thrown elsewhere, and a problem of
 * TMDB is a {@link UserError}.
 * @param onTitleError called with each unexpected error.
 * @returns a function that throws TMDB's errors, the reason of an aborted signal, and an unexpected error that
 *   {@link BUG_AFTER_TITLES} titles had while none was found.
 */
export function createTitleLookUp(
  tmdb: TmdbClient,
  { partition, settings }: { readonly partition: Partition; readonly settings: LookupSettings },
  onTitleError: ((imdbId: string, error: unknown) => void) | undefined,
): (imdbId: string, signal: AbortSignal) => Promise<LookedUp> {
  let unexpected = 0;
  return async (imdbId, signal) => {
    try {
      const result = await lookUpMovie(tmdb, imdbId, settings, signal);
      if (result.state !== 'found') return { ...result, documents: [] };
      const { movie, reviews, missingReviews } = result;
      const documents = createDocuments(partition, imdbId, result);
      unexpected = 0;
      return {
        state: 'found',
        tmdbId: movie.id,
        reviews: reviews.length,
        ...(reviews.length > 0 && { reviewIds: reviews.map(({ id }) => id) }),
        ...(missingReviews > 0 && { missingReviews }),
        documents,
      };
    } catch (error) {
      if (error instanceof RequestFailedError) {
        const { reason, tries } = error;
        return { state: 'failed', reason, tries, documents: [] };
      }
      if (signal.aborted || error instanceof UserError) throw error;
      unexpected += 1;
      if (unexpected >= BUG_AFTER_TITLES) throw error;
      onTitleError?.(imdbId, error);
      return { state: 'failed', reason: toOneLine(`unexpected error: ${error}`), tries: 1, documents: [] };
    }
  };
}
