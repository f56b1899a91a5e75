import { forEachConcurrently } from '../concurrency.ts';
import { formatExactJson, isRecord } from '../json.ts';
import { JSON_TYPE, movieKey, reviewKey } from '../lake/keys.ts';
import type { Lake } from '../lake/lake.ts';
import type { Partition } from '../partition.ts';
import type { TmdbMovie, TmdbReview } from '../tmdb/documents.ts';
import type { KeptTexts } from './kept-texts.ts';

/** Formats a document as one line of JSON Lines, so that documents can be concatenated; numbers stay as TMDB sent them. */
export function formatDocument(document: unknown): string {
  return `${formatExactJson(document)}\n`;
}

/**
 * Creates the document of a movie: all fields from TMDB, plus the requested IMDb ID as `idIMDB` (the documented name) and
 * `id_imdb` (which existing warehouses load), plus `genre_ids` if TMDB returned `genres`, because existing loaders read it.
 */
function createMovieDocument(movie: TmdbMovie, imdbId: string): Record<string, unknown> {
  const { genres } = movie;
  const genreIds = Array.isArray(genres) && {
    genre_ids: genres.filter(isRecord).map((genre) => genre.id),
  };
  return { ...movie, ...genreIds, idIMDB: imdbId, id_imdb: imdbId };
}

/** Creates the document of a review: all fields from TMDB, plus the movie's TMDB ID and the requested IMDb ID. */
function createReviewDocument(
  review: TmdbReview,
  { movieId, imdbId }: { movieId: number; imdbId: string },
): Record<string, unknown> {
  return { ...review, movie_id: movieId, idIMDB: imdbId };
}

/** A document to write: its key in the lake and its text. */
export interface DocumentText {
  readonly key: string;
  readonly text: string;
}

/**
 * Creates the documents of a movie and its reviews. The movie comes last, so that a movie in the lake always has its
 * reviews.
 * @throws {RangeError} when the JSON of a document is nested too deeply to be written.
 */
export function createDocuments(
  partition: Partition,
  imdbId: string,
  { movie, reviews }: { movie: TmdbMovie; reviews: readonly TmdbReview[] },
): DocumentText[] {
  return [
    ...reviews.map((review) => ({
      key: reviewKey(partition, movie.id, review.id),
      text: formatDocument(createReviewDocument(review, { movieId: movie.id, imdbId })),
    })),
    { key: movieKey(partition, movie.id), text: formatDocument(createMovieDocument(movie, imdbId)) },
  ];
}

/** Reviews of one movie that are written at the same time. */
const WRITES_AT_ONCE = 8;

/**
 * Writes the documents of a movie, the last one after all others, and keeps their texts.
 * @throws any error of the lake, and the signal's reason.
 */
export async function saveDocuments(
  { lake, texts }: { readonly lake: Lake; readonly texts: KeptTexts },
  documents: readonly DocumentText[],
  signal?: AbortSignal,
): Promise<void> {
  const write = async ({ key, text }: DocumentText) => {
    await lake.write(key, text, JSON_TYPE, { signal });
    texts.keep(key, text);
  };
  await forEachConcurrently(documents.slice(0, -1), { concurrency: WRITES_AT_ONCE }, write);
  for (const movie of documents.slice(-1)) await write(movie);
}
