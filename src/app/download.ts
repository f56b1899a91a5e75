import type { Settings } from '../config/settings.ts';
import { type DownloadControl, downloadPartition } from '../download/download-partition.ts';
import type { DownloadProgress, DownloadReport } from '../download/download-report.ts';
import { findTitlesById } from '../imdb/find-titles.ts';
import { type PartitionIndex, readPartition, requirePartition } from '../imdb/partition-index.ts';
import { createSourceClaim, lakeSource } from '../lake/source.ts';
import { type Partition, partitionName } from '../partition.ts';
import { createRunId } from '../run-id.ts';
import { quote } from '../text.ts';
import { lookupSettings } from '../tmdb/look-up-movie.ts';
import type { Connection } from './connection.ts';

/** The parts of a connection that a download uses. */
export type DownloadConnection = Pick<Connection, 'lake' | 'tmdb' | 'clock' | 'random'> & {
  readonly settings: Settings;
};

/** The requested download: a partition, or single titles by their IMDb IDs. */
export type DownloadChoice = { readonly partition: Partition } | { readonly imdbIds: readonly string[] };

/** A partition to download, or some of its titles. */
export interface DownloadTarget {
  readonly partition: Partition;
  readonly only?: ReadonlySet<string>;
}

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

/** Follows the download of one target. */
interface DownloadWatcher {
  readonly update: (progress: DownloadProgress) => void;
  /** Called when the download has ended, even with an error. */
  readonly end: () => void;
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
  const { limit, refresh = false, onProgress: update = () => {}, ...control } = options;
  requirePartition(index, partition);
  const run = { ...startRun(connection, index, refresh), limit };
  await run.source.check(control.abort);
  return downloadTarget(connection, index, { partition }, run, {
    ...control,
    reading: control.abort,
    watch: () => ({ update, end: () => {} }),
  });
}

/**
 * Downloads the targets one after the other, as a single run, until a report has a `problem`.
 * @param options.limit the maximum number of titles, over all targets.
 * @param options.stop starts no new title or target; if it is aborted while a target's titles are read, its reason is thrown.
 * @param options.watch called with each target when its download starts.
 * @returns a report for each target that was started.
 * @throws any error of the lake.
 */
export async function downloadTargets(
  connection: DownloadConnection,
  index: PartitionIndex,
  targets: readonly DownloadTarget[],
  options: Omit<DownloadOptions, 'onProgress'> & {
    readonly watch: (partition: Partition) => DownloadWatcher;
  },
): Promise<DownloadReport[]> {
  const { limit, refresh = false, ...control } = options;
  const run = startRun(connection, index, refresh);
  await run.source.check(control.stop);
  const reports: DownloadReport[] = [];
  for (const target of targets) {
    const done = reports.reduce((sum, { thisRun }) => sum + thisRun.done, 0);
    const left = limit === undefined ? undefined : limit - done;
    if (control.stop?.aborted || left === 0 || reports.at(-1)?.problem !== undefined) break;
    const job = { ...run, limit: left };
    reports.push(await downloadTarget(connection, index, target, job, { ...control, reading: control.stop }));
  }
  return reports;
}

/** Creates the part of the job that all targets of a run share. */
function startRun(
  { lake, clock, random, settings }: DownloadConnection,
  { snapshot }: PartitionIndex,
  refresh: boolean,
) {
  const now = clock.now();
  const at = new Date(now).toISOString();
  return {
    snapshot,
    settings: lookupSettings(settings),
    source: createSourceClaim({ lake }, lakeSource(settings)),
    run: createRunId(now, random),
    redoBefore: refresh ? at : undefined,
    redoIncompleteBefore: at,
  };
}

async function downloadTarget(
  { lake, tmdb, clock }: DownloadConnection,
  index: PartitionIndex,
  target: DownloadTarget,
  run: ReturnType<typeof startRun> & { readonly limit: number | undefined },
  {
    reading,
    watch,
    ...control
  }: Omit<DownloadControl, 'onProgress'> & {
    /** Aborts reading the target's titles. */
    readonly reading: AbortSignal | undefined;
    readonly watch: (partition: Partition) => DownloadWatcher;
  },
): Promise<DownloadReport> {
  const titles = await readPartition({ lake, signal: reading }, index, target.partition);
  const { update, end } = watch(target.partition);
  const job = { ...run, ...target, titles };
  return downloadPartition({ lake, tmdb, clock }, job, { onProgress: update, ...control }).finally(end);
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
