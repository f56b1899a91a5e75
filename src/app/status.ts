import type { FleetWorkers } from '../aws/event-source.ts';
import type { QueueReader } from '../aws/queue-interface.ts';
import type { Clock } from '../clock.ts';
import { advise } from '../fleet/advise.ts';
import type { FleetBudget } from '../fleet/estimate.ts';
import { countWithoutParts, sumUpFailures, sumUpLake, sumUpMissingReviews } from '../fleet/lake-totals.ts';
import { type FleetStatus, isEnabled, judgeFleet, watchForEnd } from '../fleet/status.ts';
import type { Lake } from '../lake/lake.ts';
import { readSource } from '../lake/source.ts';
import { findOtherSource } from './deployed-settings.ts';
import { readRecentLaunches } from './launch-store.ts';
import { type ReadProgress, readManifestSummaries, type SummaryCache } from './manifest-summaries.ts';

/** The sources of a status. */
interface StatusDeps {
  readonly lake: Lake;
  readonly cache?: SummaryCache | undefined;
  readonly queue: QueueReader;
  readonly deadLetters: QueueReader;
  readonly workers: Pick<
    FleetWorkers,
    'functionName' | 'queueName' | 'readFunction' | 'readEventSource' | 'readEnvironment'
  >;
  readonly clock: Clock;
  /** For the forecast of the time left. */
  readonly settings?: FleetBudget | undefined;
}

/** Reports progress and aborts. */
interface StatusOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
}

/**
 * Reads a fleet's status: everything is derived from the queues, the function, the latest launch's plan and the manifests.
 * @throws {UserError} when AWS denies access or fails, and any error of the lake.
 */
export async function readStatus(deps: StatusDeps, options: StatusOptions = {}): Promise<FleetStatus> {
  // Read in the order in which partitions move, so that a partition that moves between two reads is not missed.
  const launches = await readRecentLaunches(deps, options);
  const queue = await deps.queue.readDepths();
  const [deadLetters, workerFunction, eventSource, source, summaries] = await Promise.all([
    deps.deadLetters.readDepths(),
    deps.workers.readFunction(),
    deps.workers.readEventSource(),
    readSource(deps, options),
    readManifestSummaries(deps, options),
  ]);
  // Workers with another source disable the event source.
  const mayDiffer = source !== undefined && eventSource !== undefined && !isEnabled(eventSource);
  const otherSource = mayDiffer ? findOtherSource(source, await deps.workers.readEnvironment()) : undefined;
  const nowMs = deps.clock.now();
  const { byPartition } = summaries;
  const observed = { queue, deadLetters, function: workerFunction, eventSource };
  const missingReviews = sumUpMissingReviews(byPartition.values(), nowMs);
  const withoutParts = countWithoutParts(byPartition.values());
  const facts = judgeFleet(
    { ...observed, launch: launches[0], summaries: byPartition, budget: deps.settings },
    nowMs,
  );
  return {
    at: new Date(nowMs).toISOString(),
    lake: deps.lake.url,
    ...(source !== undefined && { source }),
    ...facts,
    totals: sumUpLake(byPartition.values()),
    failures: sumUpFailures(byPartition.values()),
    ...(missingReviews && { missingReviews }),
    ...(withoutParts > 0 && { withoutParts }),
    advice: advise(facts, { ...summaries, launches, names: deps.workers, otherSource }, nowMs),
    manifestsRead: summaries.read,
  };
}

/**
 * Polls the fleet's status until waiting is pointless: the fleet is complete, has ended without being complete, is
 * paused, or was never launched.
 * @param options.everyMs the interval between polls.
 * @param options.onStatus called with each status, and whether it is the last one.
 * @returns the last status; its `phase` and `advice` say how it ended.
 * @throws the signal's reason when it is aborted, and any error of `readStatus`.
 */
export async function followFleet(
  connection: StatusDeps,
  options: StatusOptions & {
    readonly everyMs?: number;
    readonly onStatus?: (status: FleetStatus, isLast: boolean) => void;
  } = {},
): Promise<FleetStatus> {
  const { everyMs = 5_000, onStatus, signal, onProgress } = options;
  const isOver = watchForEnd(connection.clock);
  while (true) {
    const status = await readStatus(connection, { signal, onProgress });
    const isLast = isOver(status);
    onStatus?.(status, isLast);
    if (isLast) return status;
    await connection.clock.sleep(everyMs, signal);
  }
}
