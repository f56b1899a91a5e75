/** A movie of a partition, as the index lists it. */
export interface Title {
  /** IMDb's `tconst`. */
  readonly imdbId: string;
  /** IMDb's `primaryTitle`. */
  readonly title: string;
}
