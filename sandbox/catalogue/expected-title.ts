import type { Partition } from '../../src/partition.ts';
import { genreIds, makeAppended, makeFindRow, makeMovieDocument } from './movie-document.ts';
import { makeReviewDocuments } from './review-documents.ts';
import type { CatalogueCase } from './scenarios.ts';
import type { JsonObject, TmdbMovie } from './tmdb-movie.ts';

/** The settings that change documents; the defaults are those of `tdd`. */
export interface DocumentSettings {
  readonly lookup?: 'details' | 'find';
  readonly language?: string;
  readonly reviewLanguage?: string;
  /** Names given to `append_to_response` in addition to `reviews`. */
  readonly append?: readonly string[];
}

/** What the lake must contain for one IMDb id once its partition is complete. */
export interface ExpectedTitle {
  readonly partition: Partition;
  readonly state: 'found' | 'notFound' | 'refused';
  readonly tmdbId?: number;
  /** Where two ids of a partition share a movie: the id that owns the documents, set on the other one. */
  readonly duplicateOf?: string;
  readonly movieDocument?: JsonObject;
  readonly reviewDocuments?: readonly JsonObject[];
}

/** The rule that assigns a title to its partition's initial. */
export type InitialOf = (title: string) => string;

/** What the lake must contain for one row; `undefined` for a row without a year, which has no partition. */
export function expectTitle(
  given: CatalogueCase,
  initialOf: InitialOf,
  settings: DocumentSettings = {},
): ExpectedTitle | undefined {
  const { row, movie, scenario } = given;
  if (row.startYear === null) return undefined;
  const partition = { year: row.startYear, initial: initialOf(row.primaryTitle) };
  if (movie === undefined) return { partition, state: scenario === 'refused' ? 'refused' : 'notFound' };
  const found = { partition, state: 'found', tmdbId: movie.tmdbId } as const;
  const owner = ownerOf(given, movie, settings);
  if (owner !== row.tconst) return { ...found, duplicateOf: owner };
  return {
    ...found,
    movieDocument: expectMovieDocument(movie, owner, settings),
    reviewDocuments: makeReviewDocuments(movie, settings.reviewLanguage).map((review) => ({
      ...review,
      movie_id: movie.tmdbId,
      idIMDB: owner,
    })),
  };
}

/** The movie's own `imdb_id` owns the documents, otherwise the smaller id; results of `/find` have no `imdb_id`. */
function ownerOf({ row, otherId }: CatalogueCase, movie: TmdbMovie, { lookup }: DocumentSettings): string {
  if (otherId === undefined) return row.tconst;
  const smaller = row.tconst < otherId ? row.tconst : otherId;
  return lookup === 'find' ? smaller : movie.imdbId || smaller;
}

function expectMovieDocument(movie: TmdbMovie, owner: string, settings: DocumentSettings): JsonObject {
  const ids = { idIMDB: owner, id_imdb: owner };
  if (settings.lookup === 'find') return { ...makeFindRow(movie, settings.language), ...ids };
  const details = makeMovieDocument(movie, settings.language);
  const appended = (settings.append ?? [])
    .filter((name) => name !== 'reviews')
    .map((name) => [name, makeAppended(movie, name, settings.language)] as const)
    .filter((entry): entry is [string, JsonObject] => entry[1] !== undefined);
  return { ...details, ...Object.fromEntries(appended), ...ids, genre_ids: genreIds(details) };
}
