import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock.ts';
import type { Title } from '../imdb/partition-index.ts';
import type { Lake } from '../lake/lake.ts';
import type { Partition } from '../partition.ts';
import type { TmdbClient } from '../tmdb/client.ts';
import { KeyRejectedError, OutageError, RequestFailedError } from '../tmdb/errors.ts';
import { MAX_CONNECTIONS } from '../tmdb/limits.ts';
import { type LookupSettings, lookUpMovie } from '../tmdb/look-up-movie.ts';
import { type Choice, chooseTitles, keepKnownTitles } from './choose-titles.ts';
import { saveMovie } from './documents.ts';
import type { Counts, Outcome, TitleState } from './manifest.ts';
import { createManifestWriter, readManifest } from './manifest-store.ts';
import { resolveDuplicates } from './resolve-duplicates.ts';

/** A run's progress, reported after each title. */
export interface DownloadProgress {
  /** Titles that this run looks up. */
  readonly total: number;
  /** Titles it has looked up, with whatever result. */
  readonly done: number;
  readonly found: number;
  readonly notFound: number;
  readonly refused: number;
  readonly failed: number;
  /** Reviews written. */
  readonly reviews: number;
  /** Sent to TMDB. */
  readonly requests: number;
  /** Answered with 429. */
  readonly throttled: number;
}

/** The result of a run. */
export interface DownloadReport {
  readonly partition: Partition;
  readonly snapshot: string;
  readonly run: string;
  readonly outcome: Exclude<Outcome, 'running'>;
  /** Titles not asked for: settled by an earlier run, or left out by the job's choice. */
  readonly skipped: number;
  readonly thisRun: DownloadProgress;
  readonly seconds: number;
  /** The whole partition after this run, from its manifest. */
  readonly counts: Counts;
  readonly complete: boolean;
  /** What ended the run early. */
  readonly problem?: OutageError | KeyRejectedError;
}

/** What to download. */
export interface DownloadJob extends Choice {
  readonly partition: Partition;
  /** The UTC day of the list of titles. */
  readonly snapshot: string;
  /** All titles that the index lists for the partition. */
  readonly titles: readonly Title[];
  readonly settings: LookupSettings;
  /** This run's name. */
  readonly run: string;
}

interface DownloadDeps {
  readonly lake: Lake;
  readonly tmdb: TmdbClient;
  readonly clock: Clock;
}

/** How a run is followed and ended. */
export interface DownloadControl {
  readonly onProgress?: (progress: DownloadProgress) => void;
  /** Starts no new title; those in progress are finished. */
  readonly stop?: AbortSignal;
  /** Aborts those in progress, too: they stay untried. */
  readonly abort?: AbortSignal;
}

/**
 * Downloads a partition's movies and reviews into the lake: the core that the command line and the Lambda worker
 * share. Titles that its manifest shows as settled are skipped, so that a run can be killed and started again at any time;
 * concurrent runs are safe.
 * @returns what was done; an outage or a refused key is the report's `problem`.
 * @throws what the lake throws, after what is known has been written, if it can be.
 */
export async function downloadPartition(
  { lake, tmdb, clock }: DownloadDeps,
  job: DownloadJob,
  { onProgress, stop, abort }: DownloadControl = {},
): Promise<DownloadReport> {
  const { partition, settings } = job;
  const startedMs = clock.now();
  const requestsBefore = tmdb.sent.requests;
  const throttledBefore = tmdb.sent.throttled;
  const stored = await readManifest({ lake }, partition);
  const known = keepKnownTitles(stored.manifest, { ...job, at: isoNow() });
  const todo = chooseTitles(job.titles, known, job);
  const tally = { done: 0, found: 0, notFound: 0, refused: 0, failed: 0, reviews: 0 };
  const touched = new Set<string>();
  const manifest = createManifestWriter({ lake, clock }, job, { stored, known, startedMs, requests });

  const broken = new AbortController();
  const signal = AbortSignal.any([broken.signal, ...(abort ? [abort] : [])]);
  setMaxListeners(0, signal); // Each request in flight listens to it.

  onProgress?.(progress());
  const queue = todo.values();
  await Promise.all(Array.from({ length: MAX_CONNECTIONS }, () => work(queue)));
  const problem: unknown = broken.signal.reason;
  if (problem === undefined) return end(outcome());
  // When saving fails, too, the first error is thrown.
  if (problem instanceof OutageError) return end('outage', problem).catch(() => Promise.reject(problem));
  if (problem instanceof KeyRejectedError) {
    return end('keyRefused', problem).catch(() => Promise.reject(problem));
  }
  await manifest.save('error').catch(() => undefined);
  throw problem;

  /** One of the connections: takes one title after the other until none is left, or one of them throws. */
  async function work(queue: Iterable<Title>): Promise<void> {
    for (const title of queue) {
      if (stop?.aborted || signal.aborted) return;
      try {
        await settle(title);
        await manifest.checkpoint();
      } catch (error) {
        if (!signal.aborted) broken.abort(error);
      }
    }
  }

  async function settle({ imdbId }: Title): Promise<void> {
    const title = await download(imdbId);
    if (title.state === 'found') tally.reviews += title.reviews;
    tally[title.state] += 1;
    tally.done += 1;
    known.set(imdbId, title);
    touched.add(imdbId);
    onProgress?.(progress());
  }

  async function download(imdbId: string): Promise<Exclude<TitleState, { state: 'left' }>> {
    try {
      const result = await lookUpMovie(tmdb, imdbId, settings, signal);
      if (result.state !== 'found') return { ...result, at: isoNow() };
      await saveMovie({ lake }, partition, imdbId, result, signal);
      return { state: 'found', tmdbId: result.movie.id, reviews: result.reviews.length, at: isoNow() };
    } catch (error) {
      if (!(error instanceof RequestFailedError)) throw error;
      return { state: 'failed', reason: error.reason, tries: error.tries, at: isoNow() };
    }
  }

  function outcome(): 'complete' | 'failedTitles' | 'stopped' | 'partial' {
    if (tally.done < todo.length) return 'stopped';
    if (tally.failed > 0) return 'failedTitles';
    return manifest.isComplete() ? 'complete' : 'partial';
  }

  async function end(
    outcome: DownloadReport['outcome'],
    problem?: OutageError | KeyRejectedError,
  ): Promise<DownloadReport> {
    let saved = await manifest.save(outcome);
    // Only now, since saving may have added ids of a concurrent run.
    const owned = await resolveDuplicates({ lake }, partition, known, touched);
    for (const [imdbId, title] of owned) known.set(imdbId, title);
    if (owned.size > 0) saved = await manifest.save(outcome);
    return {
      partition,
      snapshot: job.snapshot,
      run: job.run,
      outcome,
      skipped: job.titles.length - todo.length,
      thisRun: progress(),
      seconds: (clock.now() - startedMs) / 1_000,
      counts: saved.counts,
      complete: saved.complete,
      ...(problem && { problem }),
    };
  }

  function progress(): DownloadProgress {
    return {
      total: todo.length,
      ...tally,
      requests: requests(),
      throttled: tmdb.sent.throttled - throttledBefore,
    };
  }

  function requests(): number {
    return tmdb.sent.requests - requestsBefore;
  }

  function isoNow(): string {
    return new Date(clock.now()).toISOString();
  }
}
