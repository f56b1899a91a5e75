import { type PartitionIndex, readPartition, readPartitionIndex } from '../../imdb/partition-index.ts';
import { IMDB_PREFIX, parseIndexMapKey } from '../../lake/keys.ts';
import type { Lake } from '../../lake/lake.ts';
import type { Partition } from '../../partition.ts';

/** Returns IMDb's titles of a partition, by IMDb ID. */
export type ImdbTitles = (partition: Partition) => Promise<ReadonlyMap<string, string>>;

/**
 * Opens the newest index of each set of title types in a lake, without building one.
 * @returns a function that reads the titles of a partition. It throws a {@link UserError} when an index is damaged.
 */
export async function openImdbTitles({ lake }: { readonly lake: Lake }): Promise<ImdbTitles> {
  const newest = new Map<string, { readonly day: string; readonly titleTypes: readonly string[] }>();
  for await (const { key } of lake.list(IMDB_PREFIX)) {
    const name = parseIndexMapKey(key);
    // Days ascend in a listing.
    if (name !== undefined) newest.set(name.titleTypes.join(), name);
  }
  const indexes: PartitionIndex[] = [];
  for (const name of [...newest.values()].sort((a, b) => (a.day < b.day ? -1 : 1))) {
    const index = await readPartitionIndex({ lake }, name);
    if (index !== undefined) indexes.push(index);
  }
  return async (partition) => {
    const titles = new Map<string, string>();
    for (const index of indexes) {
      const rows = await readPartition({ lake }, index, partition);
      for (const { imdbId, title } of rows) titles.set(imdbId, title);
    }
    return titles;
  };
}
