import { isRecord } from '../json.ts';
import { BadAnswerError } from './errors.ts';

/** A movie as TMDB returns it, with all its fields; TMDB adds fields over time. */
export type TmdbMovie = Readonly<Record<string, unknown>> & { readonly id: number };

/** A review as TMDB returns it. */
export type TmdbReview = Readonly<Record<string, unknown>> & { readonly id: string };

/** One page of a movie's reviews. */
export interface ReviewPage {
  readonly results: readonly TmdbReview[];
  readonly totalPages: number;
  readonly totalResults: number;
}

/**
 * Reads the response of `GET /3/movie/{id}`. Only the ID is validated, because it becomes part of a lake key.
 * @throws {BadAnswerError} when there is no valid ID.
 */
export function readMovie(json: unknown): TmdbMovie {
  if (isRecord(json) && isTmdbId(json.id)) return { ...json, id: json.id };
  throw new BadAnswerError('no movie in the response');
}

/**
 * Reads the movies in the response of `GET /3/find/{imdbId}`, which have the fields of list rows. The other arrays are
 * ignored: they can be non-empty for the same ID, for example with an incorrect TV entry.
 * @throws {BadAnswerError} when there is no list of movies.
 */
export function readFoundMovies(json: unknown): TmdbMovie[] {
  if (isRecord(json) && Array.isArray(json.movie_results)) return json.movie_results.map(readMovie);
  throw new BadAnswerError('no movie_results in the response');
}

/**
 * Reads a page of reviews, such as the `reviews` appended to a movie.
 * @throws {BadAnswerError} when it does not have the documented shape.
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
  throw new BadAnswerError('no reviews in the response');
}

/**
 * Reads the response of `GET /3/movie/{id}/reviews?page=N`, which contains the movie's ID and the page number.
 * @throws {BadAnswerError} when it is of another movie or page, or does not have the documented shape.
 */
export function readNumberedReviewPage(json: unknown, movieId: number, page: number): ReviewPage {
  if (isRecord(json) && json.id === movieId && json.page === page) return readReviewPage(json);
  throw new BadAnswerError('reviews of another movie or page in the response');
}

function isTmdbId(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) > 0;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}

/** Whether it is a review whose ID is safe in a lake key: letters and digits only (currently 24 hexadecimal digits). */
function isReview(value: unknown): value is TmdbReview {
  return isRecord(value) && typeof value.id === 'string' && /^[0-9A-Za-z]{1,64}$/.test(value.id);
}
