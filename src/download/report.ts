import type { Partition } from '../partition.ts';
import type { KeyRefusedError, OutageError } from '../tmdb/errors.ts';
import type { Counts, Outcome } from './manifest.ts';

/** How far a run is: told after each title. */
export interface DownloadProgress {
  /** Titles this run has to do. */
  readonly total: number;
  /** Titles it has done, whatever came of them. */
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

/** What a run has done. */
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
  readonly problem?: OutageError | KeyRefusedError;
}
