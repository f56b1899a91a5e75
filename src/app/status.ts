import { type EventSource, type FleetWorkers, isEnabled, type WorkerFunction } from '../aws/event-source.ts';
import type { QueueDepths, QueueReader } from '../aws/queue-interface.ts';
import type { Clock } from '../clock.ts';
import type { Counts } from '../download/manifest.ts';
import { type Advice, advise } from '../fleet/advise.ts';
import type { FleetFilters } from '../fleet/filters.ts';
import { judgePartition } from '../fleet/judge.ts';
import { type FleetFile, placesToSend } from '../fleet/launch-record.ts';
import type { ManifestSummary } from '../fleet/manifest-summary.ts';
import { type FleetRate, measureRate } from '../fleet/measure-rate.ts';
import type { SummaryCache } from '../fleet/summary-cache.ts';
import type { Lake } from '../lake/lake.ts';
import { partitionName } from '../partition.ts';
import { readLatestFleet } from './fleet-store.ts';
import { type ManifestSummaries, readManifestSummaries } from './read-manifest-summaries.ts';

/** How the latest launch's partitions are. */
export interface FleetProgress {
  readonly run: string;
  /** ISO instant. */
  readonly launchedAt: string;
  readonly snapshot: string;
  readonly filters: FleetFilters;
  readonly partitions: {
    readonly total: number;
    readonly complete: number;
    /** Begun, with titles left and none failed. */
    readonly partial: number;
    /** With failed titles. */
    readonly failedTitles: number;
    readonly notBegun: number;
    /** Not yet acknowledged by SQS. */
    readonly unsent: number;
    /** Refused by SQS. */
    readonly rejected: number;
  };
  readonly movies: {
    readonly total: number;
    /** With nothing left to ask. */
    readonly settled: number;
    readonly failed: number;
    readonly left: number;
  };
}

/** What the whole lake holds. */
export interface LakeTotals {
  readonly partitions: number;
  readonly complete: number;
  readonly counts: Counts;
}

/** A fleet at one moment. */
export interface FleetStatus {
  /** ISO instant. */
  readonly at: string;
  readonly lake: string;
  /**
   * `none`: nothing was ever launched; `sending`: partitions are not all sent yet, or the launch was cut off;
   * `running`; `paused`: no event source hands messages to workers; `ended`: nothing waits, though not all is complete; `complete`:
   * all is, and nothing waits.
   */
  readonly phase: 'none' | 'sending' | 'running' | 'paused' | 'ended' | 'complete';
  /** Absent where there is no such queue. */
  readonly queue?: QueueDepths;
  readonly deadLetters?: number;
  /** Absent where there is no such function. */
  readonly function?: WorkerFunction;
  readonly eventSource?: EventSource;
  /** Absent where nothing was ever launched. */
  readonly fleet?: FleetProgress;
  /** Absent while nothing is settled. */
  readonly rate?: FleetRate;
  /** Absent while it cannot be told. */
  readonly secondsLeft?: number;
  readonly totals: LakeTotals;
  /** What is wrong, and what to do. */
  readonly advice: readonly Advice[];
  /** Manifests that were read for this: the others had not changed since the last look. */
  readonly manifestsRead: number;
}

export interface StatusDeps {
  readonly lake: Lake;
  readonly cache?: SummaryCache | undefined;
  readonly queue: QueueReader;
  readonly deadLetters: QueueReader;
  readonly workers: Pick<FleetWorkers, 'readFunction' | 'readEventSource'>;
  readonly clock: Clock;
}

/**
 * Looks at a fleet: everything is derived from the queues, the function, the latest launch's plan and the manifests.
 * @throws what the lake throws, and {@link UserError} where AWS refuses.
 */
export async function readStatus(
  deps: StatusDeps,
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((progress: { readonly read: number; readonly total: number }) => void) | undefined;
  } = {},
): Promise<FleetStatus> {
  // In the way that a partition goes: what has left one place meanwhile is then seen in the next.
  const stored = await readLatestFleet(deps, options);
  const queue = await deps.queue.readDepths();
  const [deadLetters, workerFunction, eventSource, summaries] = await Promise.all([
    deps.deadLetters.readDepths(),
    deps.workers.readFunction(),
    deps.workers.readEventSource(),
    readManifestSummaries(deps, options),
  ]);
  const nowMs = deps.clock.now();
  const fleet = stored && judgeFleet(stored.fleet, summaries.byPartition);
  const rate = measureRate(stored ? ofFleet(stored.fleet, summaries) : summaries.byPartition.values(), nowMs);
  const phase = phaseOf(fleet, queue, eventSource);
  const facts = {
    phase,
    ...(queue !== undefined && { queue }),
    ...(deadLetters !== undefined && { deadLetters: deadLetters.waiting + deadLetters.inFlight }),
    ...(workerFunction !== undefined && { function: workerFunction }),
    ...(eventSource !== undefined && { eventSource }),
    ...(fleet !== undefined && { fleet }),
    ...(rate !== undefined && { rate }),
  };
  const secondsLeft = secondsLeftOf(fleet, rate, phase);
  return {
    at: new Date(nowMs).toISOString(),
    lake: deps.lake.url,
    ...facts,
    ...(secondsLeft !== undefined && { secondsLeft }),
    totals: sumUp(summaries.byPartition),
    advice: advise(facts, summaries, nowMs),
    manifestsRead: summaries.read,
  };
}

function judgeFleet(fleet: FleetFile, summaries: ReadonlyMap<string, ManifestSummary>): FleetProgress {
  const partitions = { complete: 0, partial: 0, failedTitles: 0, notBegun: 0 };
  const movies = { total: 0, settled: 0, failed: 0, left: 0 };
  for (const [year, initial, titles] of fleet.partitions) {
    const { state, settled, failed, left } = judgePartition(
      summaries.get(partitionName({ year, initial })),
      titles,
      fleet,
    );
    partitions[state] += 1;
    movies.total += titles;
    movies.settled += settled;
    movies.failed += failed;
    movies.left += left;
  }
  const { run, launchedAt, snapshot, filters, rejected } = fleet;
  const unsent = fleet.finishedAt === undefined ? placesToSend(fleet).length : 0;
  return {
    run,
    launchedAt,
    snapshot,
    filters,
    partitions: { total: fleet.partitions.length, ...partitions, unsent, rejected: rejected.length },
    movies,
  };
}

function ofFleet(fleet: FleetFile, { byPartition }: ManifestSummaries): ManifestSummary[] {
  return fleet.partitions.flatMap(
    ([year, initial]) => byPartition.get(partitionName({ year, initial })) ?? [],
  );
}

function phaseOf(
  fleet: FleetProgress | undefined,
  queue: QueueDepths | undefined,
  eventSource: EventSource | undefined,
): FleetStatus['phase'] {
  if (fleet === undefined) return 'none';
  const messages = queue === undefined ? 0 : queue.waiting + queue.inFlight + queue.delayed;
  // While messages are left, a manifest of an older list may only look complete: see `judgePartition`.
  if (fleet.partitions.complete === fleet.partitions.total && messages === 0) return 'complete';
  if (eventSource === undefined || !isEnabled(eventSource)) return 'paused';
  if (fleet.partitions.unsent > 0) return 'sending';
  return messages > 0 ? 'running' : 'ended';
}

function secondsLeftOf(
  fleet: FleetProgress | undefined,
  rate: FleetRate | undefined,
  phase: FleetStatus['phase'],
): number | undefined {
  if (phase === 'complete') return 0;
  const isMoving = phase === 'running' || phase === 'sending';
  return isMoving && fleet && rate ? fleet.movies.left / rate.moviesPerSecond : undefined;
}

function sumUp(summaries: ReadonlyMap<string, ManifestSummary>): LakeTotals {
  const counts = { titles: 0, found: 0, notFound: 0, refused: 0, failed: 0, reviews: 0 };
  let complete = 0;
  for (const summary of summaries.values()) {
    for (const name of Object.keys(counts) as (keyof Counts)[]) counts[name] += summary.counts[name];
    if (summary.complete) complete += 1;
  }
  return { partitions: summaries.size, complete, counts };
}
