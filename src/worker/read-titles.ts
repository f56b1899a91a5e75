import type { Clock } from '../clock.ts';
import {
  DamagedIndexError,
  type PartitionIndex,
  readPartition,
  readPartitionIndex,
  type Title,
} from '../imdb/partition-index.ts';
import type { Lake } from '../lake/lake.ts';
import { type LakeSource, requireSource } from '../lake/source.ts';
import type { Network } from '../network.ts';
import type { Partition } from '../partition.ts';
import { createSharedCall, type SharedCall } from '../shared-call.ts';

/** The dependencies of {@link readTitles}. */
interface TitleDeps {
  readonly lake: Lake;
  readonly clock: Clock;
  readonly datasetsUrl: string;
  readonly source?: LakeSource | undefined;
  readonly userAgent: string;
  readonly titleTypes: readonly string[];
  readonly network?: Network;
  /** Keeps the index in memory for the next partition. */
  readonly kept?: KeptIndex;
}

/**
 * The index that a worker has read last. Its map is read once per process and day: parsing that of 60,000 partitions takes a
 * worker with a third of a CPU a third of a second.
 */
export interface KeptIndex {
  index?: PartitionIndex | undefined;
  /** By day. Each is read, or built, once at a time: two would not fit into a worker's memory. */
  readonly opening: Map<string, SharedCall<PartitionIndex>>;
}

export function createKeptIndex(): KeptIndex {
  return { opening: new Map() };
}

/**
 * Reads the titles of a partition in the snapshot of `day` from the partition index. It builds the index if it is
 * missing.
 * @returns an empty list for a partition without titles.
 * @throws {SnapshotGoneError} when the snapshot is neither in the lake nor today's.
 * @throws {SnapshotError} when the snapshot cannot be downloaded or used.
 * @throws the lake's errors, and the signal's reason.
 */
export async function readTitles(
  deps: TitleDeps,
  partition: Partition,
  day: string,
  signal: AbortSignal,
): Promise<Title[]> {
  const { lake, source, kept } = deps;
  const readFrom = (index: PartitionIndex) => {
    requireSource(lake, index.source, source);
    return readPartition({ lake, signal }, index, partition);
  };
  if (kept?.index?.snapshot === day) {
    try {
      return await readFrom(kept.index);
    } catch (error) {
      if (!(error instanceof DamagedIndexError)) throw error;
      kept.index = undefined; // It may have been deleted since, so that it must be built again.
    }
  }
  const open = (aborted: AbortSignal) => openIndex({ ...deps, signal: aborted }, day);
  const opening = kept?.opening.get(day) ?? createSharedCall<PartitionIndex>();
  kept?.opening.set(day, opening);
  const index = await opening.join(open, signal);
  if (kept) kept.index = index;
  return readFrom(index);
}

async function openIndex(
  deps: TitleDeps & { readonly signal: AbortSignal },
  day: string,
): Promise<PartitionIndex> {
  const { titleTypes } = deps;
  const index = await readPartitionIndex(deps, { day, titleTypes });
  if (index !== undefined) return index;
  // Loaded on demand: nearly every worker finds the index in the lake.
  const { ensurePartitionIndex } = await import('../imdb/build-index.ts');
  return ensurePartitionIndex(deps, { day, titleTypes });
}
