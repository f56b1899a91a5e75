import type { DownloadControl } from '../download/download-partition.ts';
import type { DownloadProgress, DownloadReport } from '../download/download-report.ts';
import { findTitlesById } from '../imdb/find-titles.ts';
import { type PartitionIndex, requirePartition } from '../imdb/partition-index.ts';
import { type Partition, partitionName } from '../partition.ts';
import { quote } from '../text.ts';
import {
  type DownloadConnection,
  type DownloadTarget,
  downloadTarget,
  runTargets,
  startRun,
} from './run-targets.ts';
import { createProgressSum } from './sum-progress.ts';

/** The requested download: a partition, or single titles by their IMDb IDs. */
export type DownloadChoice = { readonly partition: Partition } | { readonly imdbIds: readonly string[] };

/** An IMDb ID that cannot be downloaded. */
export interface TitleWithoutPartition {
  readonly imdbId: string;
  readonly reason: string;
}

/** The targets of a choice, and the IDs that have no partition. */
interface ChosenTargets {
  readonly targets: readonly DownloadTarget[];
  readonly withoutPartition: readonly TitleWithoutPartition[];
}

/** Selects the titles to download; `DownloadControl` reports progress and stops the download. */
export interface DownloadOptions extends DownloadControl {
  /** At most this many titles. */
  readonly limit?: number;
  /** Download titles again that are already in the lake. */
  readonly refresh?: boolean;
}

/**
 * Downloads a partition in this process, as `tdd download` does, and skips completed titles. The process
 * uses the whole rate budget, so it should not run at the same time as a fleet.
 * @returns a report; after an outage or a rejected key it has a `problem`.
 * @throws {UsageError} when the lake contains data from another source than that in the settings.
 * @throws {UserError} for a partition that is not in the index, and any error of the lake; the reason of `abort` if it
 *   is aborted before the partition's titles are read.
 */
export async function download(
  connection: DownloadConnection,
  index: PartitionIndex,
  partition: Partition,
  options: DownloadOptions = {},
): Promise<DownloadReport> {
  const { limit, refresh = false, ...control } = options;
  requirePartition(index, partition);
  const run = startRun(connection, index, selectAgain(connection, refresh));
  await run.source.check(control.abort);
  return downloadTarget(connection, index, { partition, limit }, run, { ...control, reading: control.abort });
}

/**
 * Downloads targets as a single run in which they overlap, until a report has a `problem`.
 * @param options.limit the maximum number of titles, over all targets.
 * @param options.stop starts no new title or target.
 * @param options.onProgress called with the titles of all targets.
 * @returns a report for each target that was started, in their order.
 * @throws any error of the lake, after the targets in progress have ended.
 */
export async function downloadTargets(
  connection: DownloadConnection,
  index: PartitionIndex,
  targets: readonly DownloadTarget[],
  options: DownloadOptions = {},
): Promise<DownloadReport[]> {
  const { refresh = false, onProgress, ...control } = options;
  const run = startRun(connection, index, selectAgain(connection, refresh));
  await run.source.check(control.stop);
  const reports: DownloadReport[] = [];
  const sum = createProgressSum(targets.map(({ only }) => only?.size ?? 0));
  const update = (place: number, progress: DownloadProgress) => onProgress?.(sum.update(place, progress));
  await runTargets(connection, index, targets, run, control, {
    onProgress: update,
    onReport: (place, report) => {
      update(place, report.thisRun);
      reports[place] = report;
    },
  });
  return reports.flat(); // Without the targets that were not started.
}

/** Selects titles to download again: movies with missing reviews, and with `refresh` all titles. */
function selectAgain({ clock }: Pick<DownloadConnection, 'clock'>, refresh: boolean) {
  const now = new Date(clock.now()).toISOString();
  return { redoBefore: refresh ? now : undefined, redoIncompleteBefore: now };
}

/**
 * Finds the titles to download in the index; for single titles it streams the rows.
 * @throws {UserError} for a partition that is not in the index.
 */
export async function findTargets(
  connection: Pick<DownloadConnection, 'lake'>,
  index: PartitionIndex,
  choice: DownloadChoice,
  options: { readonly signal: AbortSignal },
): Promise<ChosenTargets> {
  if ('imdbIds' in choice) return findTargetsOfTitles(connection, index, choice.imdbIds, options);
  requirePartition(index, choice.partition);
  return { targets: [{ partition: choice.partition }], withoutPartition: [] };
}

async function findTargetsOfTitles(
  { lake }: Pick<DownloadConnection, 'lake'>,
  index: PartitionIndex,
  imdbIds: readonly string[],
  { signal }: { readonly signal: AbortSignal },
): Promise<ChosenTargets> {
  const found = await findTitlesById({ lake, signal }, index, imdbIds);
  const targets = new Map<string, { partition: Partition; only: Set<string> }>();
  const withoutPartition: TitleWithoutPartition[] = [];
  for (const imdbId of imdbIds) {
    const title = found.get(imdbId);
    if (title?.partition) {
      const name = partitionName(title.partition);
      const target = targets.get(name) ?? { partition: title.partition, only: new Set() };
      targets.set(name, target);
      target.only.add(imdbId);
    } else {
      const reason = title
        ? `IMDb has no year for ${quote(title.title)}, so the title has no partition`
        : `IMDb's list of ${index.snapshot} has no ${index.titleTypes.join(' or ')} with this IMDb ID`;
      withoutPartition.push({ imdbId, reason });
    }
  }
  return { targets: [...targets.values()], withoutPartition };
}
