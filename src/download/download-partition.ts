import { startAbortGrace } from '../abort-grace.ts';
import type { Clock } from '../clock.ts';
import { type FollowingSignal, followSignals } from '../follow-signal.ts';
import type { Title } from '../imdb/partition-index.ts';
import { type Lake, LakeUnavailableError, withSignal } from '../lake/lake.ts';
import { requireSource, type SourceClaim } from '../lake/source.ts';
import type { Partition } from '../partition.ts';
import type { TmdbClient } from '../tmdb/client.ts';
import { BaseUrlError, KeyRejectedError, OutageError } from '../tmdb/errors.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import { chooseTitles, keepKnownTitles, listTitles, type TitleSelection } from './choose-titles.ts';
import type { DownloadProgress, DownloadReport } from './download-report.ts';
import { downloadTitles } from './download-titles.ts';
import { groupFailures } from './failures.ts';
import { finishPartition } from './finish-partition.ts';
import { OtherSettingsError, readManifestToUpdate } from './manifest-store.ts';
import { createManifestWriter } from './manifest-writer.ts';
import { createOverlap, type Overlap, type OverlappingDownload } from './overlap.ts';
import { listRequestedTitles } from './requested-titles.ts';

/** What a run downloads. */
export interface DownloadJob extends TitleSelection {
  readonly partition: Partition;
  /** The UTC day of the snapshot that lists the titles. */
  readonly snapshot: string;
  /** IMDb's title types in the index: a manifest can also have titles of others. */
  readonly titleTypes: readonly string[];
  /** All titles that the index lists for the partition, selected or not. */
  readonly titles: readonly Title[];
  readonly settings: LookupSettings;
  /** Where the titles and documents come from. */
  readonly source?: SourceClaim;
  /** The ID of this run. */
  readonly run: string;
}

/**
 * How long a run that was aborted or has failed may take to write the manifest: a worker aborts 15 s before its timeout, see
 * `timeBudget`.
 */
const RECORD_MS = 10_000;

/** The services that a run uses. */
interface DownloadDeps {
  readonly lake: Lake;
  readonly tmdb: TmdbClient;
  readonly clock: Clock;
  /** What this run shares with others at the same time. Default: it runs alone. */
  readonly overlap?: Overlap;
}

/** Callbacks for progress, and signals that end a run. */
export interface DownloadControl {
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Called with each error that is not one of TMDB or the lake, hence a bug. The title is marked as failed. */
  readonly onTitleError?: (imdbId: string, error: unknown) => void;
  /** When aborted, the run starts no new titles and finishes those in progress. */
  readonly stop?: AbortSignal;
  /** When aborted, the run also abandons the titles in progress; they stay untried. */
  readonly abort?: AbortSignal;
}

/**
 * Downloads the movies and reviews of one partition into the lake. The command line and the Lambda worker share this
 * function. Runs are idempotent and resume from the manifest, where they checkpoint their progress: they skip titles that
 * are done, and can be killed and started again at any time. Concurrent runs are safe. A partition that is complete gets its
 * parts.
 * @returns the report of the run. An outage or a rejected key does not throw: it becomes the report's `problem`.
 * @throws {OtherSettingsError} when a run with other settings has begun on the partition.
 * @throws the errors of the lake, and the unexpected errors that {@link downloadTitles} throws; both after trying to save
 *   the manifest.
 */
export async function downloadPartition(
  deps: DownloadDeps,
  job: DownloadJob,
  control: DownloadControl = {},
): Promise<DownloadReport> {
  const { lake, clock } = deps;
  const share = (deps.overlap ?? createOverlap()).add(job.titles.length);
  const failing = followSignals(control.abort);
  const failedTitle = followSignals(control.abort);
  const stopping = followSignals(control.stop, failedTitle.signal);
  const tooLate = new LakeUnavailableError(
    `The lake ${lake.url} did not answer within ${RECORD_MS / 1_000} s: the last seconds of work are not in the manifest. Run the command again.`,
  );
  const grace = startAbortGrace({ clock, signal: failing.signal }, RECORD_MS, tooLate);
  try {
    const tmdb = deps.tmdb.scoped();
    const records = withSignal(lake, grace.abort);
    const signals = { failing, failedTitle, stopping: stopping.signal };
    return await run({ lake, tmdb, clock, records, share, ...signals }, job, control);
  } finally {
    grace.end();
    failing.end();
    failedTitle.end();
    stopping.end();
    share.end();
  }
}

/**
 * @param deps.tmdb counts the requests of this run.
 * @param deps.records the lake for the manifest and for what follows it: its calls end some time after `abort` or `failing`.
 * @param deps.failing is aborted when the run has failed.
 * @param deps.failedTitle is aborted when a title throws, and by `abort`: titles in progress are abandoned.
 * @param deps.stopping is aborted when no new titles begin.
 */
async function run(
  {
    lake,
    tmdb,
    clock,
    records,
    share,
    failing,
    failedTitle,
    stopping,
  }: Omit<DownloadDeps, 'overlap'> & {
    readonly records: Lake;
    readonly share: OverlappingDownload;
    readonly failing: FollowingSignal;
    readonly failedTitle: FollowingSignal;
    readonly stopping: AbortSignal;
  },
  job: DownloadJob,
  { onProgress, onTitleError }: DownloadControl,
): Promise<DownloadReport> {
  const { partition } = job;
  const startedAt = new Date(clock.now()).toISOString();
  const startedMs = clock.monotonic();
  const stored = await readManifestToUpdate({ lake: records }, partition);
  requireSource(lake, stored.manifest?.source, job.source?.source);
  const known = keepKnownTitles(stored.manifest, { ...job, nowMs: clock.now() });
  const listed = listTitles(stored.manifest, job, known);
  const todo = chooseTitles(listed, known, job);
  const tally = { done: 0, found: 0, notFound: 0, refused: 0, failed: 0, reviews: 0 };
  const touched = new Set<string>();
  const manifest = createManifestWriter(
    { lake: records, clock },
    { ...job, titles: listed },
    {
      stored,
      known,
      touched,
      todo,
      startedAt,
      requests: () => tmdb.sent.requests,
    },
  );

  onProgress?.(progress());
  const problem = await downloadTitles(
    { lake, tmdb, clock, manifest, share, failedTitle, stopping },
    job,
    { todo, known, touched, tally },
    { onProgress: () => onProgress?.(progress()), onTitleError },
  );
  if (problem === undefined) return finish(outcome());
  // If saving the manifest fails too, throw the original error.
  if (problem instanceof OutageError || problem instanceof BaseUrlError) {
    return finish('outage', problem).catch(() => Promise.reject(problem));
  }
  if (problem instanceof KeyRejectedError) {
    return finish('keyRefused', problem).catch(() => Promise.reject(problem));
  }
  // A run that stops for another one must still record which documents it has overwritten.
  if (problem instanceof OtherSettingsError)
    return manifest.save('error').then(() => Promise.reject(problem));
  failing.abort(problem);
  await manifest.save('error').catch(() => undefined);
  throw problem;

  function outcome(): 'complete' | 'failedTitles' | 'stopped' | 'partial' {
    if (tally.done < todo.length) return 'stopped';
    // Another run may have overwritten documents of this one, and marked their titles.
    const isFailed = ({ imdbId }: Title) => known.get(imdbId)?.state === 'failed';
    if (tally.failed > 0 || todo.some(isFailed)) return 'failedTitles';
    return manifest.current().complete ? 'complete' : 'partial';
  }

  async function finish(
    outcome: DownloadReport['outcome'],
    problem?: DownloadReport['problem'],
  ): Promise<DownloadReport> {
    const deps = { lake, records, clock, share, failing };
    const state = { partition, known, manifest };
    const isDone = outcome !== 'stopped' && problem === undefined;
    const { saved, parts, unreadable } = await finishPartition(deps, state, {
      outcome,
      isDone,
      signal: failedTitle.signal,
    });
    tally.failed += unreadable.length;
    const titles = [...touched, ...unreadable].map((imdbId) => [imdbId, known.get(imdbId)] as const);
    return {
      partition,
      snapshot: job.snapshot,
      run: job.run,
      outcome: saved.lastRun.outcome === 'running' ? outcome : saved.lastRun.outcome,
      skipped: listed.length - todo.length,
      thisRun: progress(),
      failures: groupFailures(titles),
      refusals: groupFailures(titles, 'refused'),
      ...(job.only && { requested: listRequestedTitles({ lake, partition }, job.only, known) }),
      seconds: (clock.monotonic() - startedMs) / 1_000,
      counts: saved.counts,
      complete: saved.complete,
      ...(parts && { parts: { movies: parts.movies.rows, reviews: parts.reviews.rows } }),
      ...(stored.setAside !== undefined && { setAside: stored.setAside }),
      ...(problem && { problem }),
    };
  }

  function progress(): DownloadProgress {
    return { total: todo.length, ...tally, ...tmdb.sent };
  }
}
