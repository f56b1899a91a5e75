import type { Partition } from '../../src/partition.ts';
import { genreIds, makeAppended, makeFindRow, makeMovieDocument } from './movie-document.ts';
import { makeReviewDocuments } from './review-documents.ts';
import type { CatalogueCase } from './situations.ts';
import type { JsonObject, TmdbMovie } from './tmdb-movie.ts';

/** The settings that documents depend on; the defaults are the program's own. */
export interface DocumentSettings {
  readonly lookup?: 'details' | 'find';
  readonly language?: string;
  readonly reviewLanguage?: string;
  /** Names given to append_to_response beside `reviews`. */
  readonly append?: readonly string[];
}

/** What the lake must hold for one IMDb id when its partition is complete. */
export interface ExpectedTitle {
  readonly partition: Partition;
  readonly state: 'found' | 'notFound' | 'refused';
  readonly tmdbId?: number;
  /** Set on the other of two ids that share a movie: the id that owns the documents. */
  readonly duplicateOf?: string;
  readonly movieDocument?: JsonObject;
  readonly reviewDocuments?: readonly JsonObject[];
}

/** How `expectTitle` names a partition's initial. */
export type InitialOf = (title: string) => string;

/** The expected result for one movie row; `undefined` for a row without a year, which has no partition. */
export function expectTitle(
  known: CatalogueCase,
  initialOf: InitialOf,
  settings: DocumentSettings = {},
): ExpectedTitle | undefined {
  const { row, movie, situation } = known;
  if (row.startYear === null) return undefined;
  const partition = { year: row.startYear, initial: initialOf(row.primaryTitle) };
  if (movie === undefined) return { partition, state: situation === 'refused' ? 'refused' : 'notFound' };
  const found = { partition, state: 'found', tmdbId: movie.tmdbId } as const;
  const owner = ownerOf(known, movie, settings);
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

/** The id that TMDB names owns the document, else the smaller; rows of `/find` name none. */
function ownerOf({ row, twin }: CatalogueCase, movie: TmdbMovie, { lookup }: DocumentSettings): string {
  if (twin === undefined) return row.tconst;
  const smaller = row.tconst < twin ? row.tconst : twin;
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
