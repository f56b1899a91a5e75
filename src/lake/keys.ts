import type { Partition } from '../partition.ts';

/** The content type of documents, manifests and fleet plans. */
export const JSON_TYPE = 'application/json';

// imdb/: the snapshot and its partition index.

/** `day`'s file, byte for byte as IMDb published it. */
export function snapshotKey(day: string): string {
  return `imdb/title.basics-${day}.tsv.gz`;
}

/** The map of the partition index of one snapshot, for one set of title types. */
export function indexMapKey(day: string, titleTypes: readonly string[]): string {
  return `${indexFolder(day, titleTypes)}partitions.json.gz`;
}

/** The rows of the partition index, named by their own hash. */
export function indexRowsKey(day: string, titleTypes: readonly string[], hash: string): string {
  return `${indexFolder(day, titleTypes)}movies-${hash}.tsv`;
}

/** `titleTypes` are sorted, so that the same set has one name. */
function indexFolder(day: string, titleTypes: readonly string[]): string {
  return `imdb/${day}/${[...titleTypes].sort().join('+')}/`;
}

// tmdb/: documents, manifests, launches.

/** A movie's document. Existing lakes use these paths: they must not change. */
export function movieKey(partition: Partition, tmdbId: number): string {
  return `tmdb/movies/${partitionFolder(partition)}/tmdb-movie-${tmdbId}.json`;
}

/** A review's document. */
export function reviewKey(partition: Partition, tmdbId: number, reviewId: string): string {
  return `${reviewPrefix(partition, tmdbId)}${reviewId}.json`;
}

/** The prefix of the keys of one movie's reviews. */
export function reviewPrefix(partition: Partition, tmdbId: number): string {
  return `tmdb/reviews/${partitionFolder(partition)}/tmdb-movie-${tmdbId}-review-`;
}

/** What is known about one partition. */
export function manifestKey({ year, initial }: Partition): string {
  return `${MANIFEST_PREFIX}year-${year}/initial-${initial}.json`;
}

/** The prefix of the keys of all manifests. */
export const MANIFEST_PREFIX = 'tmdb/manifests/';

/** The partition whose manifest has this key; `undefined` for another kind of key. */
export function partitionOfManifestKey(key: string): Partition | undefined {
  const match = /^tmdb\/manifests\/year-(\d{4})\/initial-([A-Z0-9_]{2})\.json$/.exec(key);
  return match?.[1] && match[2] ? { year: Number(match[1]), initial: match[2] } : undefined;
}

/** A launch's plan, and how much of it SQS has acknowledged. */
export function fleetKey(run: string): string {
  return `${FLEET_PREFIX}${run}.json`;
}

/** The prefix of the keys of all launches. */
export const FLEET_PREFIX = 'tmdb/fleets/';

function partitionFolder({ year, initial }: Partition): string {
  return `year-${year}/initial-${initial}`;
}
