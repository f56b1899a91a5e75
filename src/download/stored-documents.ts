/** One of TMDB's genres. */
interface Genre {
  readonly id: number;
  readonly name: string;
}

/**
 * A movie document as the lake stores it: TMDB's response, the IMDb ID that was looked up, and `genre_ids`.
 *
 * The types are those that TMDB documents; documents are stored as TMDB sent them and are not validated. Fields that
 * are not listed here, such as those of `append_to_response` or ones that TMDB adds later, are `unknown`.
 * https://developer.themoviedb.org/reference/movie-details
 */
export interface Movie {
  /** TMDB's number of the movie. */
  readonly id: number;
  /** The IMDb ID that was looked up: the `tconst` of IMDb's list. */
  readonly idIMDB: string;
  /** The same as `idIMDB`. */
  readonly id_imdb: string;
  readonly title: string;
  readonly original_title: string;
  /** ISO 639-1. */
  readonly original_language: string;
  /** Empty where TMDB has no text in the requested language. */
  readonly overview: string;
  /** `YYYY-MM-DD`, or empty. */
  readonly release_date: string;
  readonly genre_ids: readonly number[];
  readonly popularity: number;
  /** From 0 to 10. */
  readonly vote_average: number;
  readonly vote_count: number;
  readonly adult: boolean;
  readonly video: boolean;
  /** A path below https://image.tmdb.org/t/p/original. */
  readonly poster_path: string | null;
  /** A path below https://image.tmdb.org/t/p/original. */
  readonly backdrop_path: string | null;

  // The fields below are missing in documents that were downloaded with the setting `lookup = find`.

  /** The IMDb ID that TMDB has for the movie: it can be missing, or differ from `idIMDB`. */
  readonly imdb_id?: string | null;
  /** Minutes; 0 when unknown. */
  readonly runtime?: number;
  readonly genres?: readonly Genre[];
  /** US dollars; 0 when unknown. */
  readonly budget?: number;
  /** US dollars; 0 when unknown. */
  readonly revenue?: number;
  /** Such as `Released` or `In Production`. */
  readonly status?: string;
  readonly tagline?: string;
  readonly homepage?: string | null;
  /** ISO 3166-1. */
  readonly origin_country?: readonly string[];
  readonly spoken_languages?: readonly {
    readonly iso_639_1: string;
    readonly english_name: string;
    readonly name: string;
  }[];
  readonly production_companies?: readonly {
    readonly id: number;
    readonly name: string;
    readonly logo_path: string | null;
    readonly origin_country: string;
  }[];
  readonly production_countries?: readonly { readonly iso_3166_1: string; readonly name: string }[];
  readonly belongs_to_collection?: {
    readonly id: number;
    readonly name: string;
    readonly poster_path: string | null;
    readonly backdrop_path: string | null;
  } | null;

  readonly [field: string]: unknown;
}

/**
 * A review document as the lake stores it: TMDB's response and the IDs of its movie. Like {@link Movie}, it is not
 * validated.
 * https://developer.themoviedb.org/reference/movie-reviews
 */
export interface Review {
  readonly id: string;
  /** TMDB's number of the movie: the `id` of its {@link Movie}. */
  readonly movie_id: number;
  /** The IMDb ID that was looked up. */
  readonly idIMDB: string;
  readonly author: string;
  /** Missing in old reviews. */
  readonly author_details?: {
    readonly name: string;
    readonly username: string;
    readonly avatar_path: string | null;
    /** From 0.5 to 10. */
    readonly rating: number | null;
  };
  /** Markdown. */
  readonly content: string;
  /** ISO instant; missing in old reviews. */
  readonly created_at?: string;
  /** ISO instant; missing in old reviews. */
  readonly updated_at?: string;
  readonly url: string;

  readonly [field: string]: unknown;
}
