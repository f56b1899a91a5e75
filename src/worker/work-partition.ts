import { type Clock, utcDay } from '../clock.ts';
import { ConnectionError } from '../connection-error.ts';
import { type DownloadControl, type DownloadJob, downloadPartition } from '../download/download-partition.ts';
import type { DownloadProgress, DownloadReport } from '../download/download-report.ts';
import type { Overlap } from '../download/overlap.ts';
import { UserError } from '../errors.ts';
import { followSignals } from '../follow-signal.ts';
import type { Title } from '../imdb/partition-index.ts';
import { SnapshotError, SnapshotGoneError } from '../imdb/snapshot-error.ts';
import { type Lake, LakeUnavailableError } from '../lake/lake.ts';
import { OtherSourceError, type SourceClaim } from '../lake/source.ts';
import type { PartitionMessage } from '../message.ts';
import type { Partition } from '../partition.ts';
import type { TmdbClient } from '../tmdb/client.ts';
import { KeyRejectedError, OutageError } from '../tmdb/errors.ts';
import { MAX_CONNECTIONS } from '../tmdb/limits.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import { type Deadline, TimeUpError } from './deadline.ts';
import type { Outcome, Work } from './decide-next.ts';
import type { Hold } from './hold.ts';

/** The dependencies of the work on a partition. */
export interface WorkDeps {
  readonly lake: Lake;
  readonly tmdb: TmdbClient;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly settings: LookupSettings;
  /** IMDb's title types that `readTitles` reads. */
  readonly titleTypes: readonly string[];
  /** Where the titles and documents come from. */
  readonly source: SourceClaim;
  /** Reads the titles of a partition in a day's snapshot, see `readTitles`. */
  readonly readTitles: (partition: Partition, day: string, signal: AbortSignal) => Promise<Title[]>;
}

/** How {@link workPartition} does its work. */
export interface WorkOptions extends Pick<DownloadControl, 'onTitleError'> {
  readonly deadline: Deadline;
  readonly hold: Hold;
  readonly overlap: Overlap;
  /** Called when TMDB has answered for the first title, or there is none to look up. */
  readonly onAnswer: () => void;
  /** The invocation has begun with this message. Without progress, it has failed, however little time there was. */
  readonly isFirst: boolean;
}

/** A message that the worker has taken when less time than this was left has not failed if nothing was completed. */
const SHORT_MS = 60_000;

/**
 * Works on one partition until it is done or the time runs out. During an outage of TMDB it waits in place, and
 * continues afterwards. It never throws: errors become outcomes.
 * @param message with its run set.
 */
export async function workPartition(
  deps: WorkDeps,
  message: PartitionMessage & { readonly run: string },
  { deadline, hold, overlap, onAnswer, isFirst, onTitleError }: WorkOptions,
): Promise<Work> {
  let work: Omit<Work, 'outcome'> = { message };
  let job: DownloadJob | undefined;
  let completed = 0;
  const wasLate = deadline.stop.aborted;
  const isShort = deadline.workingMs() < SHORT_MS;
  for (;;) {
    const held = await hold.settle();
    if (held) return { ...work, outcome: held };
    const outcome = await attempt().catch((error: unknown) => outcomeOfError(error, message, completed));
    if (outcome === 'held') continue;
    if (outcome.kind === 'keyRefused' || outcome.kind === 'otherSource') hold.begin(outcome);
    else return { ...work, outcome: hasFailed(outcome) ? outcome : { kind: 'notStarted' } };
  }

  /** @returns `held` when there was a hold, so that the partition must be continued. */
  async function attempt(): Promise<Outcome | 'held'> {
    job ??= await openJob();
    const { signal } = hold;
    const stop = followSignals(deadline.stop, signal);
    const control = {
      stop: stop.signal,
      abort: deadline.abort,
      onProgress: ({ total, done }: DownloadProgress) => {
        if (total === 0 || done > 0) onAnswer();
      },
      ...(onTitleError && { onTitleError }),
    };
    const report = await downloadPartition({ ...deps, overlap }, job, control).finally(stop.end);
    const { counts, setAside = work.setAside, parts = work.parts } = report;
    const thisRun = addUp(work.thisRun, report.thisRun);
    work = { ...work, thisRun, counts, ...(parts && { parts }), ...(setAside && { setAside }) };
    completed += report.thisRun.found + report.thisRun.notFound + report.thisRun.refused;
    if (report.parts) completed += 1; // Progress too, even if another run has made them outdated.
    const outcome = outcomeOf(report, completed);
    if (outcome.kind === 'outage') hold.begin(outcome);
    if (outcome.kind === 'outage' || (outcome.kind === 'timeUp' && signal.aborted)) return 'held';
    if (outcome.kind !== 'timeUp' || completed > 0) return outcome;
    // Other partitions had all slots.
    if (!isFirst && report.thisRun.total > 0 && thisRun.requests === 0) return { kind: 'notStarted' };
    return !wasLate && gotOnly429(report) ? THROTTLED_THROUGHOUT : outcome;
  }

  async function openJob(): Promise<DownloadJob> {
    await deps.source.check(deadline.abort);
    const snapshot = message.snapshot ?? utcDay(deps.clock.now());
    const titles = await deps.readTitles(message, snapshot, deadline.abort);
    // Set only after the snapshot was read: a copy of the message must not name a snapshot that is not in the lake.
    work = { message: { ...message, snapshot } };
    const { year, initial, run, redoBefore, redoIncompleteBefore } = message;
    const { settings, titleTypes, source } = deps;
    const partition = { year, initial };
    return {
      partition,
      snapshot,
      titleTypes,
      run,
      titles,
      settings,
      source,
      redoBefore,
      redoIncompleteBefore,
    };
  }

  function hasFailed(outcome: Outcome): boolean {
    return isFirst || !isShort || outcome.kind !== 'timeUp' || outcome.completed > 0;
  }
}

/** TMDB throttled this worker the whole time, possibly because of requests for earlier messages. */
const THROTTLED_THROUGHOUT: Outcome = {
  kind: 'outage',
  reason: 'TMDB throttled every request (429): check whether another program uses the same API key.',
};

/** Whether all responses were 429. Requests that were in flight when the time ran out have no response. */
function gotOnly429({ outcome, thisRun }: DownloadReport): boolean {
  const { total, done, requests, throttled } = thisRun;
  if (total === 0) return false; // It had only the parts to write.
  const isThrottled = throttled > 0 || requests === 0;
  return outcome === 'stopped' && done === 0 && isThrottled && requests - throttled <= MAX_CONNECTIONS;
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
      const { failed } = report.counts;
      const what = report.counts.titles === 1 ? 'title' : 'titles';
      return {
        kind: 'failed',
        reason: `${failed} of ${report.counts.titles} ${what} failed: see the partition's manifest for the reasons.`,
      };
    }
    default: {
      if (report.complete) return { kind: 'done' };
      const { titles, found, notFound, refused } = report.counts;
      return {
        kind: 'failed',
        reason: `${titles - found - notFound - refused} of ${titles} titles are not done: another run changed the manifest.`,
      };
    }
  }
}

/** The message is not the cause of these errors. */
const OUTAGES = [OutageError, LakeUnavailableError, ConnectionError];

function outcomeOfError(
  error: unknown,
  { snapshot }: Pick<PartitionMessage, 'snapshot'>,
  completed: number,
): Outcome {
  if (error instanceof TimeUpError) return { kind: 'timeUp', completed };
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof KeyRejectedError) return { kind: 'keyRefused', reason, isPaused: false };
  if (error instanceof OtherSourceError) return { kind: 'otherSource', reason, isPaused: false };
  if (OUTAGES.some((type) => error instanceof type)) return { kind: 'outage', reason };
  // A message without a snapshot takes the list of any day: its next receive uses that of the new day.
  if (error instanceof SnapshotGoneError && snapshot !== undefined)
    return { kind: 'permanentFailure', reason };
  if (error instanceof SnapshotError && error.fault !== 'malformed') return { kind: 'outage', reason };
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
