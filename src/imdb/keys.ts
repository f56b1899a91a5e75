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
