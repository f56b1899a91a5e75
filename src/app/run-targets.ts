import type { Settings } from '../config/settings.ts';
import { type DownloadControl, type DownloadJob, downloadPartition } from '../download/download-partition.ts';
import type { DownloadProgress, DownloadReport } from '../download/download-report.ts';
import { createOverlap, MAX_OPEN_LOCALLY, type Overlap, overlapPartitions } from '../download/overlap.ts';
import { findPartition, type PartitionIndex, readPartition } from '../imdb/partition-index.ts';
import { createSourceClaim, lakeSource } from '../lake/source.ts';
import type { Partition } from '../partition.ts';
import { createRunId } from '../run-id.ts';
import { lookupSettings } from '../tmdb/look-up-movie.ts';
import type { Connection } from './connection.ts';

/** The parts of a connection that a download uses. */
export type DownloadConnection = Pick<Connection, 'lake' | 'tmdb' | 'clock' | 'random'> & {
  readonly settings: Settings;
};

/** A partition to download, or some of its titles. */
export interface DownloadTarget {
  readonly partition: Partition;
  readonly only?: ReadonlySet<string>;
}

/** What the targets of one run have in common. */
export type Run = Omit<DownloadJob, 'partition' | 'titles' | 'only' | 'limit'> & {
  readonly source: ReturnType<typeof createSourceClaim>;
};

/** Creates the part of the job that all targets of a run share. */
export function startRun(
  { lake, clock, random, settings }: DownloadConnection,
  { snapshot, titleTypes }: Pick<PartitionIndex, 'snapshot' | 'titleTypes'>,
  selection: Pick<DownloadJob, 'redoBefore' | 'redoIncompleteBefore'>,
): Run {
  return {
    snapshot,
    titleTypes,
    settings: lookupSettings(settings),
    source: createSourceClaim({ lake }, lakeSource(settings)),
    run: createRunId(clock.now(), random),
    ...selection,
  };
}

/** Downloads one target. @param control.reading aborts reading its titles. */
export async function downloadTarget(
  { lake, tmdb, clock, overlap }: Pick<DownloadConnection, 'lake' | 'tmdb' | 'clock'> & { overlap?: Overlap },
  index: PartitionIndex,
  target: DownloadTarget & { readonly limit?: number | undefined },
  run: Run,
  { reading, ...control }: DownloadControl & { readonly reading: AbortSignal | undefined },
): Promise<DownloadReport> {
  const titles = await readPartition({ lake, signal: reading }, index, target.partition);
  const deps = { lake, tmdb, clock, ...(overlap && { overlap }) };
  return downloadPartition(deps, { ...run, ...target, titles }, control);
}

/** Follows the targets of a run; `place` is that of the target in the list. */
interface RunWatcher {
  readonly onProgress: (place: number, progress: DownloadProgress) => void;
  readonly onReport: (place: number, report: DownloadReport) => void;
}

/**
 * Downloads targets as a single run in which they overlap, until a report has a `problem`.
 * @param options.limit the maximum number of titles, over all targets.
 * @param options.stop starts no new title or target.
 * @param watcher.onReport called for each target that was started, unless it throws.
 * @throws any error of the lake, after the targets in progress have ended.
 */
export async function runTargets(
  connection: DownloadConnection,
  index: PartitionIndex,
  targets: readonly DownloadTarget[],
  run: Run,
  { limit, ...control }: Omit<DownloadControl, 'onProgress'> & { readonly limit?: number | undefined },
  { onProgress, onReport }: RunWatcher,
): Promise<void> {
  const { stop } = control;
  const overlap = createOverlap({ maxOpen: MAX_OPEN_LOCALLY });
  /** Titles that no target has reserved. A target reserves all that it might look up, and returns the rest. */
  let free = limit ?? Number.POSITIVE_INFINITY;
  let reserved = 0;
  let next = 0;
  let hasProblem = false;
  await overlapPartitions({ overlap }, take, work, { stop });

  async function take(wanted: number): Promise<StartedTarget[]> {
    while (free === 0 && reserved > 0) await overlap.changed();
    const taken: StartedTarget[] = [];
    while (taken.length < wanted && free > 0 && !hasProblem) {
      const target = targets[next];
      if (target === undefined) break;
      const titles = target.only?.size ?? findPartition(index, target.partition)?.[2] ?? 0;
      const started = { ...target, place: next, limit: Math.min(titles, free) };
      free -= started.limit;
      reserved += started.limit;
      taken.push(started);
      next += 1;
    }
    return taken;
  }

  async function work({ place, ...target }: StartedTarget): Promise<void> {
    let done = 0;
    try {
      const report = await downloadTarget({ ...connection, overlap }, index, target, run, {
        ...control,
        reading: stop,
        onProgress: (progress) => onProgress(place, progress),
      });
      done = report.thisRun.done;
      hasProblem ||= report.problem !== undefined;
      onReport(place, report);
    } catch (error) {
      // Its titles were not read.
      if (!stop?.aborted || error !== stop.reason) throw error;
    } finally {
      reserved -= target.limit;
      free += target.limit - done;
    }
  }
}

/** A target that has reserved titles. */
interface StartedTarget extends DownloadTarget {
  readonly place: number;
  readonly limit: number;
}
