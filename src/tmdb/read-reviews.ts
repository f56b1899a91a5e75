import type { TmdbAnswer, TmdbClient } from './client.ts';
import { type ReviewPage, readNumberedReviewPage, type TmdbReview } from './documents.ts';

/** TMDB serves no page past this one. */
const LAST_PAGE = 500;
/** Pages shift when a review is added or removed while we read: then they are read once more. */
const PASSES = 2;

/**
 * All reviews of a movie, each once, page by page.
 * @param first page 1 when it is there already (appended to the movie), else it is asked for.
 * @returns the reviews, or the first answer that was none: a movie without reviews has an empty page, so a 404
 *   means that the movie itself has gone, and nothing is ever taken for "no reviews" but TMDB's word.
 */
export async function readReviews(
  client: TmdbClient,
  { movieId, language, first }: { movieId: number; language: string; first?: ReviewPage },
  signal?: AbortSignal,
): Promise<TmdbAnswer<readonly TmdbReview[]>> {
  const reviews = new Map<string, TmdbReview>();
  let known = first;
  for (let pass = 1; pass <= PASSES; pass += 1) {
    let totalPages = 1;
    let totalResults = 0;
    for (let number = 1; number <= Math.min(totalPages, LAST_PAGE); number += 1) {
      const page = known ? ({ kind: 'ok', value: known } as const) : await readPage(number);
      known = undefined;
      if (page.kind !== 'ok') return page;
      for (const review of page.value.results) reviews.set(review.id, review);
      ({ totalPages, totalResults } = page.value);
    }
    const isWhole = reviews.size >= totalResults || totalPages <= 1 || totalPages > LAST_PAGE;
    if (isWhole) break;
  }
  return { kind: 'ok', value: [...reviews.values()] };

  function readPage(page: number): Promise<TmdbAnswer<ReviewPage>> {
    return client.get(
      `/3/movie/${movieId}/reviews`,
      { language, page: String(page) },
      (json) => readNumberedReviewPage(json, movieId, page),
      signal,
    );
  }
}
