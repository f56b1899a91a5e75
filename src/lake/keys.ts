import type { Partition } from '../partition.ts';

/** The content type of documents, manifests and fleet plans. */
export const JSON_TYPE = 'application/json';

// imdb/: the snapshot and its partition index.

/** `day`'s file as IMDb gave it, byte for byte. */
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

/** `titleTypes` in their own order of the alphabet, so that the same set has one name. */
function indexFolder(day: string, titleTypes: readonly string[]): string {
  return `imdb/${day}/${[...titleTypes].sort().join('+')}/`;
}

// tmdb/: documents, manifests, launches.

/** A movie's document. The paths of existing lakes: kept to the letter. */
export function movieKey(partition: Partition, tmdbId: number): string {
  return `tmdb/movies/${partitionFolder(partition)}/tmdb-movie-${tmdbId}.json`;
}

/** A review's document. */
export function reviewKey(partition: Partition, tmdbId: number, reviewId: string): string {
  return `${reviewPrefix(partition, tmdbId)}${reviewId}.json`;
}

/** What the keys of all reviews of one movie begin with. */
export function reviewPrefix(partition: Partition, tmdbId: number): string {
  return `tmdb/reviews/${partitionFolder(partition)}/tmdb-movie-${tmdbId}-review-`;
}

/** What is known of one partition. */
export function manifestKey({ year, initial }: Partition): string {
  return `${MANIFEST_PREFIX}year-${year}/initial-${initial}.json`;
}

/** What the keys of all manifests begin with. */
export const MANIFEST_PREFIX = 'tmdb/manifests/';

/** The partition whose manifest has this key, or `undefined` for another kind of key. */
export function partitionOfManifestKey(key: string): Partition | undefined {
  const match = /^tmdb\/manifests\/year-(\d{4})\/initial-([A-Z0-9_]{2})\.json$/.exec(key);
  return match?.[1] && match[2] ? { year: Number(match[1]), initial: match[2] } : undefined;
}

/** A launch's plan and what SQS has acknowledged of it. */
export function fleetKey(run: string): string {
  return `${FLEET_PREFIX}${run}.json`;
}

/** What the keys of all launches begin with. */
export const FLEET_PREFIX = 'tmdb/fleets/';

function partitionFolder({ year, initial }: Partition): string {
  return `year-${year}/initial-${initial}`;
}
