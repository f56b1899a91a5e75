import { isRecord } from '../json.ts';
import { BadAnswerError } from './errors.ts';

/** A movie as TMDB gives it, with all its fields; new ones appear over time. */
export type TmdbMovie = Readonly<Record<string, unknown>> & { readonly id: number };

/** A review as TMDB gives it. */
export type TmdbReview = Readonly<Record<string, unknown>> & { readonly id: string };

/** One page of a movie's reviews. */
export interface ReviewPage {
  readonly results: readonly TmdbReview[];
  readonly totalPages: number;
  readonly totalResults: number;
}

/**
 * Reads `GET /3/movie/{id}`. Only the id is checked, since it becomes part of a key.
 * @throws {BadAnswerError}
 */
export function readMovie(json: unknown): TmdbMovie {
  if (isRecord(json) && isTmdbId(json.id)) return { ...json, id: json.id };
  throw new BadAnswerError('no movie in the answer');
}

/**
 * Reads the movies of `GET /3/find/{tt}`: list-shaped rows. Other arrays can be filled for the same id (a wrong
 * TV entry beside the movie) and are ignored.
 * @throws {BadAnswerError}
 */
export function readFoundMovies(json: unknown): TmdbMovie[] {
  if (isRecord(json) && Array.isArray(json.movie_results)) return json.movie_results.map(readMovie);
  throw new BadAnswerError('no movie_results in the answer');
}

/**
 * Reads the `reviews` appended to a movie.
 * @throws {BadAnswerError}
 */
export function readReviewPage(json: unknown): ReviewPage {
  if (
    isRecord(json) &&
    Array.isArray(json.results) &&
    isCount(json.total_pages) &&
    isCount(json.total_results) &&
    json.results.every(isReview)
  ) {
    return { results: json.results, totalPages: json.total_pages, totalResults: json.total_results };
  }
  throw new BadAnswerError('no reviews in the answer');
}

/**
 * Reads `GET /3/movie/{id}/reviews?page=N`, which names its movie and its page.
 * @throws {BadAnswerError} also when it is another movie's or another page.
 */
export function readNumberedReviewPage(json: unknown, movieId: number, page: number): ReviewPage {
  if (isRecord(json) && json.id === movieId && json.page === page) return readReviewPage(json);
  throw new BadAnswerError('reviews of another movie or page in the answer');
}

function isTmdbId(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** A review's id becomes part of a key: letters and digits only (today 24 hex digits). */
function isReview(value: unknown): value is TmdbReview {
  return isRecord(value) && typeof value.id === 'string' && /^[0-9A-Za-z]{1,64}$/.test(value.id);
}
