import { type Clock, utcDay } from '../clock.ts';
import { type DownloadReport, downloadPartition } from '../download/download-partition.ts';
import { UserError } from '../errors.ts';
import { readPartition, readPartitionIndex, type Title } from '../imdb/partition-index.ts';
import { SnapshotError, SnapshotGoneError } from '../imdb/snapshot-error.ts';
import type { Lake } from '../lake/lake.ts';
import type { PartitionMessage } from '../message.ts';
import type { Partition } from '../partition.ts';
import type { TmdbClient } from '../tmdb/client.ts';
import { KeyRejectedError, OutageError } from '../tmdb/errors.ts';
import { MAX_CONNECTIONS } from '../tmdb/limits.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import { type Deadline, TimeUpError } from './deadline.ts';
import type { Outcome, Work } from './decide-next.ts';

/** What work on a partition needs. */
export interface WorkDeps {
  readonly lake: Lake;
  readonly tmdb: TmdbClient;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly settings: LookupSettings;
  /** The titles of a partition in a day's snapshot, as {@link readTitles} gives them. */
  readonly readTitles: (partition: Partition, day: string, signal: AbortSignal) => Promise<Title[]>;
}

/**
 * Works on one partition as long as there is time. During an outage of TMDB it waits in place and continues.
 * @param message with its run set.
 */
export async function workPartition(
  deps: WorkDeps,
  message: PartitionMessage & { readonly run: string },
  deadline: Deadline,
): Promise<Work> {
  let work: Omit<Work, 'outcome'> = { message };
  let completed = 0;
  try {
    const snapshot = message.snapshot ?? utcDay(deps.clock.now());
    const titles = await deps.readTitles(message, snapshot, deadline.abort);
    // Set only now: a copy of the message must not name a snapshot that is not in the lake.
    work = { message: { ...message, snapshot } };
    const { year, initial, run, redoBefore } = message;
    const job = { partition: { year, initial }, snapshot, run, titles, settings: deps.settings, redoBefore };
    const wasLate = deadline.stop.aborted;
    for (;;) {
      const report = await downloadPartition(deps, job, { stop: deadline.stop, abort: deadline.abort });
      work = { ...work, thisRun: addUp(work.thisRun, report.thisRun), counts: report.counts };
      completed += report.thisRun.found + report.thisRun.notFound + report.thisRun.refused;
      const isBack = report.outcome === 'outage' && (await waitForTmdb(deps, deadline));
      if (isBack) continue;
      const isHeldBack = !wasLate && completed === 0 && gotOnly429(report);
      return { ...work, outcome: isHeldBack ? THROTTLED_THROUGHOUT : outcomeOf(report, completed) };
    }
  } catch (error) {
    return { ...work, outcome: outcomeOfError(error, completed) };
  }
}

/** TMDB throttled this worker all the time, perhaps because of requests for an earlier message. */
const THROTTLED_THROUGHOUT: Outcome = {
  kind: 'outage',
  reason: 'TMDB answered nothing but 429 (too many requests): look who else uses the same key.',
};

/** Requests in flight when time was up do not have an answer yet. */
function gotOnly429({ outcome, thisRun }: DownloadReport): boolean {
  const { done, requests, throttled } = thisRun;
  const isHeld = throttled > 0 || requests === 0;
  return outcome === 'stopped' && done === 0 && isHeld && requests - throttled <= MAX_CONNECTIONS;
}

function outcomeOf(report: DownloadReport, completed: number): Outcome {
  const reason = report.problem?.message ?? '';
  switch (report.outcome) {
    case 'outage':
      return { kind: 'outage', reason };
    case 'keyRefused':
      return { kind: 'keyRefused', reason, isPaused: false };
    case 'stopped':
      return { kind: 'timeUp', completed };
    case 'failedTitles': {
      const { failed } = report.thisRun;
      const what = failed === 1 ? 'title' : 'titles';
      return {
        kind: 'failed',
        reason: `${failed} ${what} of ${report.counts.titles} failed: the partition's manifest says why.`,
      };
    }
    default: {
      if (report.complete) return { kind: 'done' };
      const { titles, found, notFound, refused } = report.counts;
      return {
        kind: 'failed',
        reason: `${titles - found - notFound - refused} of ${titles} titles are open: another run has changed the manifest.`,
      };
    }
  }
}

function outcomeOfError(error: unknown, completed: number): Outcome {
  if (error instanceof TimeUpError) return { kind: 'timeUp', completed };
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof KeyRejectedError) return { kind: 'keyRefused', reason, isPaused: false };
  if (error instanceof OutageError) return { kind: 'outage', reason };
  if (error instanceof SnapshotGoneError) return { kind: 'permanentFailure', reason };
  if (error instanceof SnapshotError && error.isTransient) return { kind: 'outage', reason };
  return { kind: 'failed', reason, ...(isBug(error) && { stack: error.stack }) };
}

function isBug(error: unknown): error is Error {
  return error instanceof Error && !(error instanceof UserError);
}

function addUp(before: Work['thisRun'], after: NonNullable<Work['thisRun']>): NonNullable<Work['thisRun']> {
  const sum = (name: keyof typeof after) => (before?.[name] ?? 0) + after[name];
  return {
    found: sum('found'),
    notFound: sum('notFound'),
    refused: sum('refused'),
    failed: sum('failed'),
    reviews: sum('reviews'),
    requests: sum('requests'),
    throttled: sum('throttled'),
  };
}

/** Where a partition's titles come from. */
interface TitleDeps {
  readonly lake: Lake;
  readonly clock: Clock;
  readonly datasetsUrl: string;
  readonly userAgent: string;
  readonly titleTypes: readonly string[];
}

/**
 * Reads the titles of a partition in the snapshot of `day` from the partition index, which it builds when it is
 * missing.
 * @returns an empty list for a partition that has no titles.
 * @throws {SnapshotGoneError} when the snapshot is neither in the lake nor today's.
 * @throws {SnapshotError} when IMDb's file cannot be downloaded or used; what the lake throws; the signal's reason.
 */
export async function readTitles(
  deps: TitleDeps,
  partition: Partition,
  day: string,
  signal: AbortSignal,
): Promise<Title[]> {
  const { titleTypes } = deps;
  let index = await readPartitionIndex({ ...deps, signal }, { day, titleTypes });
  if (index === undefined) {
    // Loaded only when needed: nearly every worker finds the index in the lake.
    const { ensurePartitionIndex } = await import('../imdb/build-index.ts');
    index = await ensurePartitionIndex({ ...deps, signal }, { day, titleTypes });
  }
  return readPartition({ ...deps, signal }, index, partition);
}

/** About this long between two probes whether TMDB is back: a fleet of four workers sends eight a minute. */
const BETWEEN_MS = 30_000;

/**
 * Waits in place until TMDB answers again, with a small probe from time to time. Waiting workers receive no messages:
 * an outage of hours does not use up the receives of a fleet's messages, and TMDB gets few requests.
 * @returns whether it answers; `false` when the invocation's time was up first.
 */
async function waitForTmdb(
  {
    tmdb,
    clock,
    random,
  }: { readonly tmdb: TmdbClient; readonly clock: Clock; readonly random: () => number },
  { stop, abort }: Deadline,
): Promise<boolean> {
  while (!stop.aborted) {
    try {
      await clock.sleep(BETWEEN_MS * (0.75 + random() / 2), stop);
      await tmdb.get('/3/authentication', {}, () => true, abort);
      return true;
    } catch (error) {
      if (stop.aborted) return false;
      // Anything else, even a refused key, is an answer.
      if (!(error instanceof OutageError)) return true;
    }
  }
  return false;
}
