import type { Settings } from '../config/settings.ts';
import {
  type DownloadControl,
  type DownloadProgress,
  type DownloadReport,
  downloadPartition,
} from '../download/download-partition.ts';
import { UserError } from '../errors.ts';
import { findTitlesById } from '../imdb/find-titles.ts';
import { findPartition, type PartitionIndex, readPartition } from '../imdb/partition-index.ts';
import { type Partition, partitionName } from '../partition.ts';
import { createRunId } from '../run-id.ts';
import { quote } from '../text.ts';
import { lookupSettings } from '../tmdb/look-up-movie.ts';
import type { Connection } from './connection.ts';

/** The part of a connection that a download uses. */
export type DownloadConnection = Pick<Connection, 'lake' | 'tmdb' | 'clock' | 'random'> & {
  readonly settings: Settings;
};

/** What a user asks to download: a partition, or single titles by their IMDb ids. */
export type DownloadChoice = { readonly partition: Partition } | { readonly imdbIds: readonly string[] };

/** A partition to download, whole or a few of its titles. */
export interface DownloadTarget {
  readonly partition: Partition;
  readonly only?: ReadonlySet<string>;
}

/** An IMDb id that cannot be downloaded. */
export interface TitleWithoutPartition {
  readonly imdbId: string;
  readonly reason: string;
}

/** The targets of a choice, and the ids without one. */
interface ChosenTargets {
  readonly targets: readonly DownloadTarget[];
  readonly withoutPartition: readonly TitleWithoutPartition[];
}

/** Which titles to download, and how the download is followed and stopped. */
export interface DownloadOptions extends DownloadControl {
  /** At most this many titles. */
  readonly limit?: number;
  /** Download again what the lake has already. */
  readonly refresh?: boolean;
}

/** Follows the download of one target. */
interface DownloadWatcher {
  readonly update: (progress: DownloadProgress) => void;
  /** Called when it has ended, also with an error. */
  readonly end: () => void;
}

/**
 * Downloads a partition from this process, as `tdd download` does: titles that are done are skipped. The process
 * uses the whole rate budget, so it should not run at the same time as a fleet.
 * @returns what was done; an outage or a rejected key is the report's `problem`.
 * @throws {UserError} for a partition that the index does not have, and what the lake throws; the reason of `abort`,
 *   when it comes before the partition's titles are read.
 */
export async function download(
  connection: DownloadConnection,
  index: PartitionIndex,
  partition: Partition,
  options: DownloadOptions = {},
): Promise<DownloadReport> {
  const { limit, refresh = false, onProgress: update = () => {}, stop, abort } = options;
  const target = findTarget(index, partition);
  const run = { ...startRun(connection, index, refresh), limit };
  return downloadTarget(connection, index, target, run, {
    stop,
    abort,
    reading: abort,
    watch: () => ({ update, end: () => {} }),
  });
}

/**
 * Downloads one target after the other, as one run, until a report has a `problem`.
 * @param options.limit at most this many titles of all targets together.
 * @param options.stop begins no new title and no new target; while a target's titles are read, its reason is thrown.
 * @param options.watch is called with each target that begins.
 * @returns a report for each target that was started.
 * @throws what the lake throws.
 */
export async function downloadTargets(
  connection: DownloadConnection,
  index: PartitionIndex,
  targets: readonly DownloadTarget[],
  options: Omit<DownloadOptions, 'onProgress'> & {
    readonly watch: (partition: Partition) => DownloadWatcher;
  },
): Promise<DownloadReport[]> {
  const { limit, refresh = false, stop, abort, watch } = options;
  const run = startRun(connection, index, refresh);
  const reports: DownloadReport[] = [];
  for (const target of targets) {
    const done = reports.reduce((sum, { thisRun }) => sum + thisRun.done, 0);
    const left = limit === undefined ? undefined : limit - done;
    if (stop?.aborted || left === 0 || reports.at(-1)?.problem !== undefined) break;
    const control = { stop, abort, reading: stop, watch };
    reports.push(await downloadTarget(connection, index, target, { ...run, limit: left }, control));
  }
  return reports;
}

/** The part of the job that all targets of a run share. */
function startRun(
  { clock, random, settings }: DownloadConnection,
  { snapshot }: PartitionIndex,
  refresh: boolean,
) {
  const now = clock.now();
  return {
    snapshot,
    settings: lookupSettings(settings),
    run: createRunId(now, random),
    redoBefore: refresh ? new Date(now).toISOString() : undefined,
  };
}

async function downloadTarget(
  { lake, tmdb, clock }: DownloadConnection,
  index: PartitionIndex,
  target: DownloadTarget,
  run: ReturnType<typeof startRun> & { readonly limit: number | undefined },
  control: {
    readonly stop: AbortSignal | undefined;
    readonly abort: AbortSignal | undefined;
    /** Ends the reading of the target's titles. */
    readonly reading: AbortSignal | undefined;
    readonly watch: (partition: Partition) => DownloadWatcher;
  },
): Promise<DownloadReport> {
  const { stop, abort, reading, watch } = control;
  const titles = await readPartition({ lake, signal: reading }, index, target.partition);
  const { update, end } = watch(target.partition);
  const job = { ...run, ...target, titles };
  const signals = { ...(stop && { stop }), ...(abort && { abort }) };
  return downloadPartition({ lake, tmdb, clock }, job, { onProgress: update, ...signals }).finally(end);
}

/**
 * Finds what to download in the index; single titles by streaming its rows.
 * @throws {UserError} for a partition that the index does not have.
 */
export async function findTargets(
  connection: Pick<DownloadConnection, 'lake'>,
  index: PartitionIndex,
  choice: DownloadChoice,
  options: { readonly signal: AbortSignal },
): Promise<ChosenTargets> {
  if ('imdbIds' in choice) return findTargetsOfTitles(connection, index, choice.imdbIds, options);
  return { targets: [findTarget(index, choice.partition)], withoutPartition: [] };
}

/** @throws {UserError} when the index lists nothing there. */
function findTarget(index: PartitionIndex, partition: Partition): DownloadTarget {
  if (findPartition(index, partition)) return { partition };
  throw new UserError(
    `IMDb's list of ${index.snapshot} has no ${index.titleTypes.join(' or ')} in partition ${partitionName(partition)}: nothing to download.`,
  );
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
        ? `IMDb has no year for ${quote(title.title)}, so it has no partition`
        : `IMDb's list of ${index.snapshot} has no ${index.titleTypes.join(' or ')} with this id`;
      withoutPartition.push({ imdbId, reason });
    }
  }
  return { targets: [...targets.values()], withoutPartition };
}
