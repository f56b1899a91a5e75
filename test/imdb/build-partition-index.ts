import { collectTitles, writePartitionIndex } from '../../src/imdb/build-index.ts';
import type { IndexName, PartitionIndex } from '../../src/imdb/partition-index.ts';
import type { Lake } from '../../src/lake/lake.ts';

/** Builds the partition index from the gzipped bytes of a snapshot, without storing the snapshot in the lake. */
export async function buildPartitionIndex(
  deps: { readonly lake: Lake },
  source: AsyncIterable<Uint8Array>,
  name: IndexName,
): Promise<PartitionIndex> {
  return writePartitionIndex(deps, await collectTitles(source, name.titleTypes), name);
}
