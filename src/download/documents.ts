import { isRecord } from '../json.ts';
import type { TmdbMovie, TmdbReview } from '../tmdb/documents.ts';

/**
 * A movie's document: TMDB's, all its fields, plus the IMDb id asked for under both of its names (`idIMDB` is
 * the documented one, `id_imdb` the one that existing warehouses load), plus `genre_ids` where TMDB gave
 * `genres`, since existing loaders read it.
 */
export function createMovieDocument(movie: TmdbMovie, imdbId: string): Record<string, unknown> {
  const { genres } = movie;
  const genreIds = Array.isArray(genres) && {
    genre_ids: genres.filter(isRecord).map((genre) => genre.id),
  };
  return { ...movie, ...genreIds, idIMDB: imdbId, id_imdb: imdbId };
}

/** A review's document: TMDB's, plus the movie's TMDB id and the IMDb id asked for. */
export function createReviewDocument(
  review: TmdbReview,
  { movieId, imdbId }: { movieId: number; imdbId: string },
): Record<string, unknown> {
  return { ...review, movie_id: movieId, idIMDB: imdbId };
}
