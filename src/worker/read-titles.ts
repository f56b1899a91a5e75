import type { Clock } from '../clock.ts';
import { readPartition, readPartitionIndex, type Title } from '../imdb/partition-index.ts';
import type { Lake } from '../lake/lake.ts';
import type { Partition } from '../partition.ts';

/** What having a partition's titles needs. */
export interface ReadTitlesDeps {
  readonly lake: Lake;
  readonly clock: Clock;
  readonly datasetsUrl: string;
  readonly userAgent: string;
  readonly titleTypes: readonly string[];
}

/**
 * The titles of a partition in the snapshot of `day`: from its index, which is built when there is none.
 * @returns an empty list for a partition that has no titles.
 * @throws {SnapshotGoneError} when the snapshot is neither in the lake nor today's.
 * @throws {SnapshotError} when IMDb's file cannot be had or used; what the lake throws; the signal's reason.
 */
export async function readTitles(
  deps: ReadTitlesDeps,
  partition: Partition,
  day: string,
  signal: AbortSignal,
): Promise<Title[]> {
  const { titleTypes } = deps;
  let index = await readPartitionIndex({ ...deps, signal }, { day, titleTypes });
  if (index === undefined) {
    // Loaded only where it is needed: nearly every worker finds the index in the lake.
    const { ensurePartitionIndex } = await import('../imdb/build-index.ts');
    index = await ensurePartitionIndex({ ...deps, signal }, { day, titleTypes });
  }
  return readPartition({ ...deps, signal }, index, partition);
}
