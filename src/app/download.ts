import {
  type DownloadControl,
  type DownloadReport,
  downloadPartition,
} from '../download/download-partition.ts';
import { UserError } from '../errors.ts';
import { findPartition, type PartitionIndex, readPartition } from '../imdb/partition-index.ts';
import { type Partition, partitionName } from '../partition.ts';
import { createRunId } from '../run-id.ts';
import type { Connection } from './connection.ts';
import { lookupSettings } from './lookup-settings.ts';

/** What of a partition to download, and how that is watched and ended. */
export interface DownloadOptions extends DownloadControl {
  /** At most so many titles. */
  readonly limit?: number;
  /** Download again what the lake has already. */
  readonly refresh?: boolean;
}

/**
 * Downloads a partition from this process, as `tdd download` does: what the lake has already is skipped. The process
 * takes the whole budget of requests, so it should not run beside a fleet.
 * @returns what was done; an outage or a refused key is the report's `problem`.
 * @throws {UserError} for a partition that the index does not have, and what the lake throws; the reason of `abort`,
 *   when it comes before the partition's titles are read.
 */
export async function download(
  connection: Connection,
  index: PartitionIndex,
  partition: Partition,
  options: DownloadOptions = {},
): Promise<DownloadReport> {
  const { clock, random, settings } = connection;
  const { limit, refresh = false, ...control } = options;
  if (findPartition(index, partition) === undefined) {
    throw new UserError(`The list of ${index.snapshot} has no movie in ${partitionName(partition)}.`);
  }
  const now = clock.now();
  return downloadPartition(
    connection,
    {
      partition,
      snapshot: index.snapshot,
      titles: await readPartition({ lake: connection.lake, signal: control.abort }, index, partition),
      settings: lookupSettings(settings),
      run: createRunId(now, random),
      limit,
      redoBefore: refresh ? new Date(now).toISOString() : undefined,
    },
    control,
  );
}
