/** A movie at TMDB, from which its documents are generated on request. */
export interface TmdbMovie {
  readonly tmdbId: number;
  /** The `imdb_id` in its details; null or an empty string where TMDB has none. */
  readonly imdbId: string | null;
  readonly title: string;
  readonly originalTitle: string;
  /** ISO 639-1. */
  readonly language: string;
  readonly year: number | null;
  /** The number of English reviews; a few in other languages are added. */
  readonly reviews: number;
  /** The seed of its documents. */
  readonly seed: string;
  /** Positions in `AWKWARD_MOVIES` and `AWKWARD_REVIEWS`: what to change in its documents. */
  readonly awkward?: { readonly movie: number; readonly firstReview: number };
}

/** A parsed JSON value. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;
/** A parsed JSON object. */
export interface JsonObject {
  readonly [name: string]: Json;
}
