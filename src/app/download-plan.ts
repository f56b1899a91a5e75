import type { DownloadControl } from '../download/download-partition.ts';
import type { DownloadProgress, DownloadReport } from '../download/download-report.ts';
import { type FailureGroup, mergeFailures } from '../download/failures.ts';
import type { PartitionIndex } from '../imdb/partition-index.ts';
import type { DownloadPlan } from './plan-download.ts';
import { type DownloadConnection, runTargets, startRun } from './run-targets.ts';
import { createProgressSum } from './sum-progress.ts';

/** The progress of a plan: the titles of all its partitions. */
export interface DownloadPlanProgress extends DownloadProgress {
  readonly partitions: {
    readonly total: number;
    /** In the lake and complete after this run. */
    readonly complete: number;
    /** Worked on, but not complete: titles failed, or the run was stopped. */
    readonly incomplete: number;
  };
}

/** The result of a plan. Its size does not depend on the number of partitions. */
export interface DownloadPlanReport {
  readonly run: string;
  /** As that of a partition; `partial`: another run has changed a manifest, or the limit was reached. */
  readonly outcome: DownloadReport['outcome'];
  readonly partitions: DownloadPlanProgress['partitions'];
  /** The titles of this run, over all partitions. */
  readonly thisRun: DownloadProgress;
  /** The most frequent reasons why titles failed, at most {@link MAX_REASONS}. */
  readonly failures: readonly FailureGroup[];
  /** The most frequent reasons why TMDB refused titles, at most {@link MAX_REASONS}. */
  readonly refusals: readonly FailureGroup[];
  /** Reviews that TMDB counts but did not return. */
  readonly missingReviews: number;
  /** Partitions that got parts. */
  readonly partsWritten: number;
  /** The first reports of partitions that were worked on but are not complete, at most {@link MAX_REPORTS}. */
  readonly incomplete: readonly DownloadReport[];
  /** The copies of damaged manifests, which have been replaced; at most {@link MAX_REPORTS}. */
  readonly setAside: readonly string[];
  readonly seconds: number;
  /** The error that ended the run early: an outage, a rejected key or a wrong base URL. */
  readonly problem?: DownloadReport['problem'];
}

/** Follows and stops the download of a plan. */
export interface DownloadPlanOptions extends Omit<DownloadControl, 'onProgress'> {
  readonly onProgress?: (progress: DownloadPlanProgress) => void;
}

const MAX_REASONS = 5;
/** While it runs, more reasons are kept, because a rare one may become frequent. */
const KEPT_REASONS = 50;
const MAX_REPORTS = 100;

/**
 * Downloads the partitions of a plan in this process, as `tdd download --min-year` does. They overlap, so that no
 * time is lost between them. The process uses the whole rate budget, so it should not run at the same time as a
 * fleet. It can be stopped, or killed, and planned and started again: completed titles are skipped.
 * @param index the one that was planned with.
 * @returns a report; after an outage or a rejected key it has a `problem`.
 * @throws {UsageError} when the lake contains data from another source than that in the settings.
 * @throws any error of the lake, after the partitions in progress have been recorded.
 */
export async function downloadPlan(
  connection: DownloadConnection,
  index: PartitionIndex,
  plan: DownloadPlan,
  { onProgress, ...control }: DownloadPlanOptions = {},
): Promise<DownloadPlanReport> {
  const { clock } = connection;
  const { redoBefore, filters, limit } = plan;
  const startedMs = clock.monotonic();
  const now = new Date(clock.now()).toISOString();
  const run = startRun(connection, index, {
    redoBefore,
    ...(filters.failed && { redoIncompleteBefore: now }),
  });
  await run.source.check(control.stop);
  const tally = createTally(plan);
  await runTargets(
    connection,
    index,
    plan.partitions.map(({ year, initial }) => ({ partition: { year, initial } })),
    run,
    { ...control, limit },
    {
      onProgress: (place, progress) => {
        tally.update(place, progress);
        onProgress?.(tally.progress());
      },
      onReport: (place, report) => {
        tally.add(place, report);
        onProgress?.(tally.progress());
      },
    },
  );
  return {
    run: run.run,
    ...tally.report(control.stop?.aborted ?? false),
    seconds: (clock.monotonic() - startedMs) / 1_000,
  };
}

/** Adds up the partitions of a plan; it keeps no more than a few reports. */
function createTally(plan: DownloadPlan) {
  const titles = createProgressSum(plan.partitions.map(({ left }) => left));
  const partitions = { total: plan.partitions.length, complete: 0, incomplete: 0 };
  const incomplete: DownloadReport[] = [];
  const setAside: string[] = [];
  let failures: readonly FailureGroup[] = [];
  let refusals: readonly FailureGroup[] = [];
  let missingReviews = 0;
  let partsWritten = 0;
  let problem: DownloadReport['problem'];
  const outcomes = new Set<DownloadReport['outcome']>();

  function outcome(isStopped: boolean): DownloadPlanReport['outcome'] {
    const { total, complete, incomplete } = partitions;
    const isLeft = complete + incomplete < total;
    if (isLeft) outcomes.add(isStopped ? 'stopped' : 'partial');
    return WORST_FIRST.find((each) => outcomes.has(each)) ?? 'complete';
  }

  return {
    update: titles.update,
    add(place: number, report: DownloadReport): void {
      titles.update(place, report.thisRun);
      titles.close(place);
      failures = merge(failures, report.failures);
      refusals = merge(refusals, report.refusals);
      missingReviews += report.counts.missingReviews ?? 0;
      if (report.parts) partsWritten += 1;
      problem ??= report.problem;
      outcomes.add(report.outcome);
      partitions[report.complete ? 'complete' : 'incomplete'] += 1;
      if (!report.complete && incomplete.length < MAX_REPORTS) incomplete.push(report);
      if (report.setAside !== undefined && setAside.length < MAX_REPORTS) setAside.push(report.setAside);
    },
    progress: (): DownloadPlanProgress => ({ ...titles.sum, partitions: { ...partitions } }),
    report: (isStopped: boolean): Omit<DownloadPlanReport, 'run' | 'seconds'> => ({
      outcome: outcome(isStopped),
      partitions,
      thisRun: titles.sum,
      failures: failures.slice(0, MAX_REASONS),
      refusals: refusals.slice(0, MAX_REASONS),
      missingReviews,
      partsWritten,
      incomplete,
      setAside,
      ...(problem && { problem }),
    }),
  };
}

/** The outcome of a plan is the worst of those of its partitions. */
const WORST_FIRST = ['keyRefused', 'outage', 'stopped', 'failedTitles', 'partial', 'complete'] as const;

function merge(known: readonly FailureGroup[], more: readonly FailureGroup[]): readonly FailureGroup[] {
  return more.length === 0 ? known : mergeFailures([...known, ...more]).slice(0, KEPT_REASONS);
}
