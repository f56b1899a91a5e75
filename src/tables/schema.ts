/** The tables of an export. */
export type TableName = 'movies' | 'reviews' | 'titles';

/** The type of a column. Integers are signed; a date is a day of the Gregorian calendar; a timestamp is in UTC. */
export type ColumnType =
  | 'string'
  /** 32 bits. */
  | 'integer'
  /** 64 bits; the values are at most 2^53 - 1. */
  | 'bigint'
  | 'double'
  | 'boolean'
  | 'date'
  /** Millisecond precision. */
  | 'timestamp'
  | 'stringList'
  /** 32 bits each. */
  | 'integerList';

/** Where the values of a column come from. */
export type Origin =
  /** The whole document. */
  | 'document'
  /** The partition, which is part of the document's key in the lake. */
  | 'partition'
  /** The partition's manifest. */
  | 'manifest'
  /** IMDb's list. */
  | 'list';

/** One column of a table. */
export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Absent: from a field of the document. */
  readonly from?: Origin;
  /**
   * Where the document has the field: `belongs_to_collection.id`; `genres[].id` stands for the list of the IDs of all
   * items. The first path whose value has the column's type counts. Absent: the field with the column's name.
   */
  readonly paths?: readonly string[];
  /** Whether the column is never NULL. Columns from fields can be NULL, because documents are not validated. */
  readonly required?: true;
  /** Sentences for the documentation, in Markdown, without the unit. */
  readonly description: string;
  readonly unit?: string;
}

/**
 * The version of the tables. Raise it with every change of a column's name, type, position or values, so that files of
 * an earlier version are written again.
 */
export const SCHEMA_VERSION = 1;

const PARTITION: readonly Column[] = [
  {
    name: 'imdb_year',
    type: 'integer',
    from: 'partition',
    required: true,
    description: "The start year in IMDb's list: the year of the partition.",
    unit: 'year',
  },
  {
    name: 'initial',
    type: 'string',
    from: 'partition',
    required: true,
    description:
      "The first two characters of the title in IMDb's list, converted to `A`–`Z`, `0`–`9` and `_`: the initial of the partition.",
  },
];

/** A path of an image; TMDB serves it in several sizes below the same address. */
const IMAGE = 'a path below `https://image.tmdb.org/t/p/original`';

const MOVIES: readonly Column[] = [
  {
    name: 'imdb_id',
    type: 'string',
    paths: ['idIMDB', 'id_imdb'],
    description: "The IMDb ID that was requested: the `tconst` of IMDb's list. Unique in this table.",
  },
  {
    name: 'tmdb_id',
    type: 'bigint',
    paths: ['id'],
    description: "TMDB's ID of the movie.",
  },
  ...PARTITION,
  {
    name: 'title',
    type: 'string',
    description: 'The title in the requested language, or the original title where TMDB has no translation.',
  },
  { name: 'original_title', type: 'string', description: 'The title in the original language.' },
  {
    name: 'original_language',
    type: 'string',
    description: 'The original language, as an ISO 639-1 code such as `en`.',
  },
  {
    name: 'overview',
    type: 'string',
    description: 'A summary of the plot. Empty where TMDB has no text in the requested language.',
  },
  { name: 'tagline', type: 'string', description: 'The slogan of the movie. Often empty.' },
  {
    name: 'status',
    type: 'string',
    description: 'The state of production, such as `Released`, `Post Production` or `Canceled`.',
  },
  { name: 'homepage', type: 'string', description: "The address of the movie's website. Often empty." },
  {
    name: 'release_date',
    type: 'date',
    description:
      'The day of the first release, which can be in another year than `imdb_year`. NULL if unknown.',
  },
  {
    name: 'runtime',
    type: 'integer',
    description: 'The length of the movie; 0 if unknown.',
    unit: 'minutes',
  },
  {
    name: 'budget',
    type: 'bigint',
    description: 'The cost of production; 0 if unknown.',
    unit: 'US dollars',
  },
  {
    name: 'revenue',
    type: 'bigint',
    description: 'The worldwide box office; 0 if unknown.',
    unit: 'US dollars',
  },
  {
    name: 'popularity',
    type: 'double',
    description: "TMDB's score of recent interest, without an upper limit. It changes daily.",
  },
  {
    name: 'vote_average',
    type: 'double',
    description: 'The average rating of TMDB users, from 0 to 10; 0 without votes.',
  },
  {
    name: 'vote_count',
    type: 'integer',
    description: 'The number of ratings in `vote_average`.',
    unit: 'votes',
  },
  { name: 'adult', type: 'boolean', description: 'Whether TMDB marks the movie as pornographic.' },
  {
    name: 'video',
    type: 'boolean',
    description:
      'Whether TMDB lists it as a video, such as a compilation or a recording, instead of a movie.',
  },
  { name: 'poster_path', type: 'string', description: `The poster: ${IMAGE}. NULL if there is none.` },
  {
    name: 'backdrop_path',
    type: 'string',
    description: `The background image: ${IMAGE}. NULL if there is none.`,
  },
  {
    name: 'tmdb_imdb_id',
    type: 'string',
    paths: ['imdb_id'],
    description:
      'The IMDb ID that TMDB has for the movie. It can differ from `imdb_id`, be empty, or be NULL; NULL also with the setting `lookup = find`.',
  },
  {
    name: 'genre_ids',
    type: 'integerList',
    paths: ['genre_ids', 'genres[].id'],
    description: "TMDB's IDs of the genres.",
  },
  {
    name: 'genre_names',
    type: 'stringList',
    paths: ['genres[].name'],
    description:
      'The names of the genres in the requested language, in the order of `genre_ids`. NULL with the setting `lookup = find`.',
  },
  {
    name: 'production_company_ids',
    type: 'integerList',
    paths: ['production_companies[].id'],
    description: "TMDB's IDs of the production companies.",
  },
  {
    name: 'production_company_names',
    type: 'stringList',
    paths: ['production_companies[].name'],
    description: 'The names of the production companies, in the order of `production_company_ids`.',
  },
  {
    name: 'production_countries',
    type: 'stringList',
    paths: ['production_countries[].iso_3166_1'],
    description: 'The countries of the production companies, as ISO 3166-1 codes such as `US`.',
  },
  {
    name: 'origin_country',
    type: 'stringList',
    description: 'The countries where the movie comes from, as ISO 3166-1 codes. NULL in older documents.',
  },
  {
    name: 'spoken_languages',
    type: 'stringList',
    paths: ['spoken_languages[].iso_639_1'],
    description: 'The languages spoken in the movie, as ISO 639-1 codes.',
  },
  {
    name: 'collection_id',
    type: 'bigint',
    paths: ['belongs_to_collection.id'],
    description: "TMDB's ID of the series of movies that it belongs to. NULL if there is none.",
  },
  {
    name: 'collection_name',
    type: 'string',
    paths: ['belongs_to_collection.name'],
    description: 'The name of that series, such as `Alien Collection`.',
  },
  {
    name: 'document',
    type: 'string',
    from: 'document',
    required: true,
    description:
      'The complete document as JSON text, with all fields that have no column, such as those of `append`.',
  },
];

const REVIEWS: readonly Column[] = [
  {
    name: 'review_id',
    type: 'string',
    paths: ['id'],
    description: "TMDB's ID of the review. Unique in this table.",
  },
  {
    name: 'imdb_id',
    type: 'string',
    paths: ['idIMDB', 'id_imdb'],
    description: 'The IMDb ID of the movie: joins `movies.imdb_id`.',
  },
  {
    name: 'tmdb_id',
    type: 'bigint',
    paths: ['movie_id'],
    description: "TMDB's ID of the movie: joins `movies.tmdb_id`.",
  },
  ...PARTITION,
  { name: 'author', type: 'string', description: 'The name under which TMDB shows the review.' },
  {
    name: 'author_name',
    type: 'string',
    paths: ['author_details.name'],
    description: "The name in the author's profile. Often empty; NULL in old reviews.",
  },
  {
    name: 'author_username',
    type: 'string',
    paths: ['author_details.username'],
    description: "The author's user name at TMDB. NULL in old reviews.",
  },
  {
    name: 'author_avatar_path',
    type: 'string',
    paths: ['author_details.avatar_path'],
    description: `The author's picture: ${IMAGE}, or an address at another site after a slash. NULL if there is none.`,
  },
  {
    name: 'rating',
    type: 'double',
    paths: ['author_details.rating'],
    description:
      "The author's rating of the movie, from 0.5 to 10. NULL if there is none, and in old reviews.",
  },
  { name: 'content', type: 'string', description: 'The text of the review, in Markdown, with line breaks.' },
  {
    name: 'created_at',
    type: 'timestamp',
    description: 'When the review was written. NULL in old reviews.',
    unit: 'UTC',
  },
  {
    name: 'updated_at',
    type: 'timestamp',
    description: 'When the review was last changed. NULL in old reviews.',
    unit: 'UTC',
  },
  { name: 'url', type: 'string', description: 'The address of the review at TMDB.' },
  {
    name: 'document',
    type: 'string',
    from: 'document',
    required: true,
    description: 'The complete document as JSON text.',
  },
];

const TITLES: readonly Column[] = [
  {
    name: 'imdb_id',
    type: 'string',
    from: 'manifest',
    required: true,
    description: "The IMDb ID that was requested: the `tconst` of IMDb's list. Joins `movies.imdb_id`.",
  },
  {
    name: 'title',
    type: 'string',
    from: 'list',
    description: "The `primaryTitle` in IMDb's list. NULL if no list in the lake has the ID.",
  },
  ...PARTITION,
  {
    name: 'tmdb_id',
    type: 'bigint',
    from: 'manifest',
    description: "TMDB's ID of the movie. NULL unless `state` is `found`.",
  },
  {
    name: 'state',
    type: 'string',
    from: 'manifest',
    required: true,
    description:
      "`found`; `notFound`: TMDB does not know the ID; `refused`: TMDB answered with a permanent error; `failed`: the download failed and can be repeated; `left`: IMDb's list no longer has the ID in this partition.",
  },
  {
    name: 'reason',
    type: 'string',
    from: 'manifest',
    description: 'Why the title was refused or failed; NULL in the other states.',
  },
  {
    name: 'review_count',
    type: 'integer',
    from: 'manifest',
    description:
      'The number of reviews of the movie in the lake. NULL unless `state` is `found`. Two IMDb IDs of one movie have the same reviews; see `duplicate_of`.',
    unit: 'reviews',
  },
  {
    name: 'missing_reviews',
    type: 'integer',
    from: 'manifest',
    description:
      'How many more reviews TMDB counted than it returned; 0 if none. NULL unless `state` is `found`.',
    unit: 'reviews',
  },
  {
    name: 'duplicate_of',
    type: 'string',
    from: 'manifest',
    description:
      'If TMDB has the same movie for two IMDb IDs: the other ID, under which `movies` and `reviews` have it. NULL otherwise.',
  },
  {
    name: 'fetched_at',
    type: 'timestamp',
    from: 'manifest',
    description:
      'When the state was recorded: for a found title, when its movie and reviews were downloaded.',
    unit: 'UTC',
  },
];

/**
 * The tables and their columns, in order. Everything else derives from this list: the values, the files, their header
 * lines, the SQL statements and the documentation.
 *
 * The fields are those that TMDB documents: https://developer.themoviedb.org/reference/movie-details and
 * https://developer.themoviedb.org/reference/movie-reviews.
 */
export const TABLES: Readonly<Record<TableName, readonly Column[]>> = {
  movies: MOVIES,
  reviews: REVIEWS,
  titles: TITLES,
};

/** The names of the tables, in the order of {@link TABLES}. */
export const TABLE_NAMES = Object.keys(TABLES) as readonly TableName[];
