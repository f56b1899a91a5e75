import type { Partition } from '../../src/partition.ts';
import { genreIds, makeAppended, makeFindRow, makeMovieDocument } from './movie-document.ts';
import { makeReviewDocuments } from './review-documents.ts';
import type { CatalogueCase } from './scenarios.ts';
import type { JsonObject, TmdbMovie } from './tmdb-movie.ts';

/** The settings that affect documents; the defaults are those of `tdd`. */
export interface DocumentSettings {
  readonly lookup?: 'details' | 'find';
  readonly language?: string;
  readonly reviewLanguage?: string;
  /** Names given to `append_to_response` in addition to `reviews`. */
  readonly append?: readonly string[];
}

/** The expected lake contents for one IMDb ID once its partition is complete. */
export interface ExpectedTitle {
  readonly partition: Partition;
  readonly state: 'found' | 'notFound' | 'refused';
  readonly tmdbId?: number;
  /** If two IDs of a partition share a movie, the other one has the ID that owns the documents here. */
  readonly duplicateOf?: string;
  readonly movieDocument?: JsonObject;
  readonly reviewDocuments?: readonly JsonObject[];
}

/** The rule that assigns a title to its partition's initial. */
export type InitialOf = (title: string) => string;

/** Returns the expected lake contents for a row in its partition. */
export function expectTitle(
  given: CatalogueCase,
  partition: Partition,
  settings: DocumentSettings = {},
): ExpectedTitle {
  const { row, movie, scenario } = given;
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

/** The movie's own `imdb_id` owns the documents. If it has none, as in results of `/find`, the smaller ID does. */
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
  const genre_ids = genreIds(details);
  return { ...details, ...Object.fromEntries(appended), ...ids, ...(genre_ids && { genre_ids }) };
}
