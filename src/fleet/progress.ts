import { partitionName } from '../partition.ts';
import type { FleetFilters } from './filters.ts';
import { judgePartition } from './judge.ts';
import { type LaunchRecord, placesToSend, termsOf } from './launch-record.ts';
import type { ManifestSummary } from './manifest-summary.ts';
import { countDocumentsToRead, hasWork, lacksParts } from './missing-parts.ts';

/** The progress of the launch that was sent, or resumed, last. */
export interface FleetProgress {
  readonly run: string;
  /** ISO instant. */
  readonly launchedAt: string;
  /** ISO instant at which sending was cancelled or failed. Absent once it is resumed. */
  readonly interruptedAt?: string;
  readonly snapshot: string;
  readonly filters: FleetFilters;
  readonly partitions: {
    readonly total: number;
    readonly complete: number;
    /** Started, with titles left and none failed. */
    readonly partial: number;
    /** With failed titles. */
    readonly failedTitles: number;
    readonly notBegun: number;
    /** Not yet acknowledged by SQS, without those that are complete and have nothing to do. */
    readonly unsent: number;
    /** Rejected by SQS. */
    readonly rejected: number;
    /** Complete, but without parts. Absent: none. */
    readonly withoutParts?: number;
  };
  readonly movies: {
    readonly total: number;
    /** Completed titles: found, not found or refused. */
    readonly settled: number;
    readonly failed: number;
    readonly left: number;
  };
}

/** Derives the progress of a launch from the manifests. @param summaries by `partitionName`. */
export function measureProgress(
  launch: LaunchRecord,
  summaries: ReadonlyMap<string, ManifestSummary>,
): FleetProgress {
  const partitions = { complete: 0, partial: 0, failedTitles: 0, notBegun: 0 };
  const movies = { total: 0, settled: 0, failed: 0, left: 0 };
  let withoutParts = 0;
  let unsent = 0;
  const toSend = new Set(launch.finishedAt === undefined ? placesToSend(launch) : []);
  for (const [place, [year, initial, titles, , idHash]] of launch.partitions.entries()) {
    const summary = summaries.get(partitionName({ year, initial }));
    const { state, done, failed, left } = judgePartition(summary, { titles, idHash }, termsOf(launch));
    partitions[state] += 1;
    if (state === 'complete' && lacksParts(summary)) withoutParts += 1;
    if (toSend.has(place) && hasWork({ titles, left, idHash }, summary)) unsent += 1;
    movies.total += titles;
    movies.settled += done;
    movies.failed += failed;
    movies.left += left;
  }
  const { run, launchedAt, interruptedAt, snapshot, filters, rejected } = launch;
  return {
    run,
    launchedAt,
    ...(interruptedAt !== undefined && { interruptedAt }),
    snapshot,
    filters,
    partitions: {
      total: launch.partitions.length,
      ...partitions,
      unsent,
      rejected: rejected.length,
      ...(withoutParts > 0 && { withoutParts }),
    },
    movies,
  };
}

/** The manifests of the partitions of a launch. */
export function summariesOf(
  launch: LaunchRecord,
  summaries: ReadonlyMap<string, ManifestSummary>,
): ManifestSummary[] {
  return launch.partitions.flatMap(
    ([year, initial]) => summaries.get(partitionName({ year, initial })) ?? [],
  );
}

/** A partition of a launch that a worker has not finished, as `estimateFleet` needs it. */
interface OpenPartition {
  readonly left: number;
  readonly documentsToRead: number;
}

/**
 * Lists the partitions of a launch with titles left, and those that only need their parts, unless a worker of the launch
 * has had them: workers of an earlier version write none.
 */
export function listOpenPartitions(
  launch: LaunchRecord,
  summaries: ReadonlyMap<string, ManifestSummary>,
): OpenPartition[] {
  return launch.partitions.flatMap(([year, initial, titles, , idHash]) => {
    const summary = summaries.get(partitionName({ year, initial }));
    const { left } = judgePartition(summary, { titles, idHash }, termsOf(launch));
    const needsParts = lacksParts(summary) && summary?.lastRun.run !== launch.run;
    const documentsToRead = countDocumentsToRead(summary, launch.settings);
    return left > 0 || needsParts ? [{ left, documentsToRead }] : [];
  });
}
