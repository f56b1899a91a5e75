import type { Partition } from '../partition.ts';

/** The content type of documents, manifests and fleet plans. */
export const JSON_TYPE = 'application/json';

/** The content type of parts. Not a content encoding, with which clients would decompress them on the way. */
export const GZIP_TYPE = 'application/gzip';

// imdb/: snapshots and their partition indexes.

/** The snapshot of a UTC day, byte for byte as IMDb published it. */
export function snapshotKey(day: string): string {
  return `imdb/title.basics-${day}.tsv.gz`;
}

/** The map of the partition index of one snapshot and one set of title types. */
export function indexMapKey(day: string, titleTypes: readonly string[]): string {
  return `${indexFolder(day, titleTypes)}partitions.json.gz`;
}

/** The key prefix of all snapshots and indexes. */
export const IMDB_PREFIX = 'imdb/';

/** The day of an index, from the key of its map; `undefined` for any other key, or for other title types. */
export function dayOfIndexMapKey(key: string, titleTypes: readonly string[]): string | undefined {
  const day = /^imdb\/(\d{4}-\d{2}-\d{2})\//.exec(key)?.[1];
  return day !== undefined && key === indexMapKey(day, titleTypes) ? day : undefined;
}

/** The index of a map's key; `undefined` for any other key. */
export function parseIndexMapKey(
  key: string,
): { readonly day: string; readonly titleTypes: readonly string[] } | undefined {
  const [, day, types] = /^imdb\/(\d{4}-\d{2}-\d{2})\/([^/]+)\/partitions\.json\.gz$/.exec(key) ?? [];
  return day === undefined || types === undefined ? undefined : { day, titleTypes: types.split('+') };
}

/** The rows file of the partition index; its name contains the hash of its content. */
export function indexRowsKey(day: string, titleTypes: readonly string[], hash: string): string {
  return `${indexFolder(day, titleTypes)}movies-${hash}.tsv`;
}

/** Sorts `titleTypes`, so that the same set always has the same key. */
function indexFolder(day: string, titleTypes: readonly string[]): string {
  return `imdb/${day}/${[...titleTypes].sort().join('+')}/`;
}

// tmdb/: documents, manifests, launches.

/** The key prefix of all movies. */
export const MOVIE_PREFIX = 'tmdb/movies/';

/** The document of a movie. Existing lakes use these paths, so they must not change. */
export function movieKey(partition: Partition, tmdbId: number): string {
  return `${MOVIE_PREFIX}${partitionFolder(partition)}/tmdb-movie-${tmdbId}.json`;
}

/** The key prefix of all reviews. */
export const REVIEW_PREFIX = 'tmdb/reviews/';

/** The document of a review. */
export function reviewKey(partition: Partition, tmdbId: number, reviewId: string): string {
  return `${reviewPrefix(partition, tmdbId)}${reviewId}.json`;
}

/** The key prefix of the reviews of one movie. */
export function reviewPrefix(partition: Partition, tmdbId: number): string {
  return `${REVIEW_PREFIX}${partitionFolder(partition)}/tmdb-movie-${tmdbId}-review-`;
}

/** The partition and movie of a document's key; `undefined` for another kind of key. */
export function parseDocumentKey(
  key: string,
): { readonly partition: Partition; readonly tmdbId: number } | undefined {
  const [, year, initial, tmdbId] = DOCUMENT_KEY.exec(key) ?? [];
  if (year === undefined || initial === undefined) return undefined;
  return { partition: { year: Number(year), initial }, tmdbId: Number(tmdbId) };
}

const DOCUMENT_KEY =
  /^tmdb\/(?:movies|reviews)\/year-(\d{4})\/initial-([A-Z0-9_]{2})\/tmdb-movie-(\d+)(?:-review-\w+)?\.json$/;

/** A table of which a lake has parts. */
export type PartTable = 'movies' | 'reviews';

/** The key prefix of all parts. */
const TABLES_PREFIX = 'tmdb/tables/';

/** The part of a partition: one file with all its movies or reviews. Its folders are Hive-style partitions. */
export function partKey(table: PartTable, { year, initial }: Partition): string {
  return `${TABLES_PREFIX}${table}/year=${year}/initial=${initial}/${table}.jsonl.gz`;
}

/** The table and partition of a part's key; `undefined` for another kind of key. */
export function parsePartKey(
  key: string,
): { readonly table: PartTable; readonly partition: Partition } | undefined {
  const [, table, year, initial] = PART_KEY.exec(key) ?? [];
  if ((table !== 'movies' && table !== 'reviews') || initial === undefined) return undefined;
  return { table, partition: { year: Number(year), initial } };
}

const PART_KEY = /^tmdb\/tables\/(movies|reviews)\/year=(\d{4})\/initial=([A-Z0-9_]{2})\/\1\.jsonl\.gz$/;

/** The partition of a folder of documents, such as `tmdb/movies/year-2004/initial-AD/`; `undefined` for any other. */
export function partitionOfFolder(folder: string): Partition | undefined {
  const [, year, initial] = DOCUMENT_FOLDER.exec(folder) ?? [];
  return year === undefined || initial === undefined ? undefined : { year: Number(year), initial };
}

const DOCUMENT_FOLDER = /^tmdb\/(?:movies|reviews)\/year-(\d{4})\/initial-([A-Z0-9_]{2})\/$/;

/** The source of the lake's data; see `claimSource`. */
export const SOURCE_KEY = 'tmdb/source.json';

/** The manifest of a partition. */
export function manifestKey(partition: Partition): string {
  return `${MANIFEST_PREFIX}${partitionFolder(partition)}.json`;
}

/** The key prefix of all manifests. */
export const MANIFEST_PREFIX = 'tmdb/manifests/';

/** The copy of a damaged manifest, which a download has replaced. @param hash that of its content. */
export function damagedManifestKey(partition: Partition, hash: string): string {
  return `tmdb/manifests-damaged/${partitionFolder(partition)}-${hash}.json`;
}

/** Parses the key of a manifest. @returns its partition; `undefined` for any other key. */
export function partitionOfManifestKey(key: string): Partition | undefined {
  const match = /^tmdb\/manifests\/year-(\d{4})\/initial-([A-Z0-9_]{2})\.json$/.exec(key);
  return match?.[1] && match[2] ? { year: Number(match[1]), initial: match[2] } : undefined;
}

/** The record of a launch: its plan, and which messages SQS has acknowledged. */
export function fleetKey(run: string): string {
  return `${FLEET_PREFIX}${run}.json`;
}

/** The key prefix of all launches. */
export const FLEET_PREFIX = 'tmdb/fleets/';

/** The folder of a partition below {@link MOVIE_PREFIX} and {@link REVIEW_PREFIX}, without a slash at the end. */
export function partitionFolder({ year, initial }: Partition): string {
  return `year-${year}/initial-${initial}`;
}
