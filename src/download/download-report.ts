import type { Partition } from '../partition.ts';
import type { BaseUrlError, KeyRejectedError, OutageError } from '../tmdb/errors.ts';
import type { FailureGroup } from './failures.ts';
import type { Counts, Outcome } from './manifest.ts';
import type { RequestedTitle } from './requested-titles.ts';

/** The progress of a run, reported after each title. */
export interface DownloadProgress {
  /** The number of titles that this run looks up. */
  readonly total: number;
  /** The number of titles that it has looked up, whatever the result. */
  readonly done: number;
  readonly found: number;
  readonly notFound: number;
  readonly refused: number;
  readonly failed: number;
  /** The number of reviews written. */
  readonly reviews: number;
  /** The number of requests sent to TMDB. */
  readonly requests: number;
  /** The number of requests that TMDB answered with 429. */
  readonly throttled: number;
}

/** The result of one run on one partition. */
export interface DownloadReport {
  readonly partition: Partition;
  readonly snapshot: string;
  readonly run: string;
  readonly outcome: Exclude<Outcome, 'running'>;
  /** The number of titles that were not looked up: done in an earlier run, or not selected. */
  readonly skipped: number;
  readonly thisRun: DownloadProgress;
  /** The titles that failed in this run, by reason. */
  readonly failures: readonly FailureGroup[];
  /** The titles that TMDB refused in this run, by reason. */
  readonly refusals: readonly FailureGroup[];
  /** The titles that were requested by IMDb ID; absent for a whole partition. */
  readonly requested?: readonly RequestedTitle[];
  readonly seconds: number;
  /** The title counts of the whole partition after this run, from its manifest. */
  readonly counts: Counts;
  readonly complete: boolean;
  /** The number of lines of the parts that this run has written; absent if it wrote none. */
  readonly parts?: { readonly movies: number; readonly reviews: number };
  /** The location of the copy of the partition's manifest, which was damaged and has been replaced. */
  readonly setAside?: string;
  /** The error that ended the run early, if the outcome is `outage` (also for a wrong base URL) or `keyRefused`. */
  readonly problem?: OutageError | BaseUrlError | KeyRejectedError;
}
