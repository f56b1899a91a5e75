import { type Clock, utcDay } from '../clock.ts';
import { UserError } from '../errors.ts';
import { snapshotKey } from '../imdb/keys.ts';
import { readPartition, readPartitionIndex } from '../imdb/read-partition.ts';
import type { Title } from '../imdb/title.ts';
import type { Lake } from '../lake/lake.ts';
import type { Partition } from '../partition.ts';

/** The message names a list of titles that nobody can have any more: there is nothing to try again. */
export class SnapshotGoneError extends UserError {
  override readonly name = 'SnapshotGoneError';
}

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
    await assertSnapshotCanBeHad(deps, day, signal);
    // Loaded only where it is needed: nearly every worker finds the index in the lake.
    const { ensurePartitionIndex } = await import('../imdb/ensure-index.ts');
    index = await ensurePartitionIndex({ ...deps, signal }, { day, titleTypes });
  }
  return readPartition({ ...deps, signal }, index, partition);
}

async function assertSnapshotCanBeHad(
  { lake, clock }: ReadTitlesDeps,
  day: string,
  signal: AbortSignal,
): Promise<void> {
  const today = utcDay(clock.now());
  if (day === today) return;
  const key = snapshotKey(day);
  for await (const entry of lake.list(key, { signal })) if (entry.key === key) return;
  throw new SnapshotGoneError(
    `IMDb's titles of ${day} are not in the lake ${lake.url}, and IMDb gives only today's file (${today}): send the partition again without a snapshot, or with ${today}.`,
  );
}
