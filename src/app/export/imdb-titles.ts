import {
  DamagedIndexError,
  findRows,
  type PartitionIndex,
  readPartition,
  readPartitionIndex,
} from '../../imdb/partition-index.ts';
import { IMDB_PREFIX, indexMapKey, parseIndexMapKey } from '../../lake/keys.ts';
import type { Lake } from '../../lake/lake.ts';
import type { Partition } from '../../partition.ts';

/** Returns IMDb's titles of a partition, by IMDb ID. */
export type ImdbTitles = (partition: Partition) => Promise<ReadonlyMap<string, string>>;

/**
 * Opens the newest index of each set of title types in a lake, without building one.
 * @param onTitlesMissing called once, with the reason, if an index is damaged. Its titles are left out.
 * @returns a function that reads the titles of a partition.
 */
export async function openImdbTitles(
  { lake }: { readonly lake: Lake },
  onTitlesMissing: ((reason: string) => void) | undefined,
): Promise<ImdbTitles> {
  const newest = new Map<string, { readonly day: string; readonly titleTypes: readonly string[] }>();
  for await (const { key } of lake.list(IMDB_PREFIX)) {
    const name = parseIndexMapKey(key);
    // Days ascend in a listing.
    if (name !== undefined) newest.set(name.titleTypes.join(), name);
  }
  let isReported = false;
  const indexes = new Set<PartitionIndex>();
  for (const name of [...newest.values()].sort((a, b) => (a.day < b.day ? -1 : 1))) {
    const map = `${lake.url}/${indexMapKey(name.day, name.titleTypes)}`;
    const index = await readPartitionIndex({ lake }, name);
    const found = index && (await findRows({ lake }, index));
    if (found !== undefined) indexes.add(found);
    else if (index === undefined) report(`${map} is damaged: delete it to rebuild the index.`);
    else report(new DamagedIndexError(lake, index, `IMDb's list of ${name.day}`).message);
  }
  return async (partition) => {
    const titles = new Map<string, string>();
    for (const index of indexes) {
      const rows = await readPartition({ lake }, index, partition).catch((error: unknown) => {
        if (!(error instanceof DamagedIndexError)) throw error;
        indexes.delete(index);
        report(error.message);
        return [];
      });
      for (const { imdbId, title } of rows) titles.set(imdbId, title);
    }
    return titles;
  };

  function report(reason: string): void {
    if (!isReported) onTitlesMissing?.(reason);
    isReported = true;
  }
}
