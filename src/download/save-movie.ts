import { JSON_TYPE, movieKey, reviewKey } from '../lake/keys.ts';
import type { Lake } from '../lake/lake.ts';
import type { Partition } from '../partition.ts';
import type { TmdbMovie, TmdbReview } from '../tmdb/documents.ts';
import { createMovieDocument, createReviewDocument } from './documents.ts';

/** Writes a movie's reviews, and only then the movie: a movie in the lake has its reviews. */
export async function saveMovie(
  { lake }: { lake: Lake },
  partition: Partition,
  imdbId: string,
  { movie, reviews }: { movie: TmdbMovie; reviews: readonly TmdbReview[] },
  signal?: AbortSignal,
): Promise<void> {
  for (const review of reviews) {
    const document = createReviewDocument(review, { movieId: movie.id, imdbId });
    await writeJson(reviewKey(partition, movie.id, review.id), document);
  }
  await writeJson(movieKey(partition, movie.id), createMovieDocument(movie, imdbId));

  function writeJson(key: string, document: unknown): Promise<string> {
    return lake.write(key, JSON.stringify(document), JSON_TYPE, { signal });
  }
}
