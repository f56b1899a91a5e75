/** What TMDB knows of one movie; its documents are made from it when they are asked for. */
export interface TmdbMovie {
  readonly tmdbId: number;
  /** What the details name: an id, or (as TMDB does) null or an empty string where there is none. */
  readonly imdbId: string | null;
  readonly title: string;
  readonly originalTitle: string;
  /** ISO 639-1. */
  readonly language: string;
  readonly year: number | null;
  /** How many reviews there are in English; a few in other languages come on top. */
  readonly reviews: number;
  /** What its documents are drawn from. */
  readonly seed: string;
}

/** JSON as it is parsed. */
type Json = null | boolean | number | string | readonly Json[] | JsonObject;
/** A JSON object as it is parsed. */
export interface JsonObject {
  readonly [name: string]: Json;
}
