import type { EventSource, WorkerFunction } from '../aws/event-source.ts';
import { countMessages, EMPTY_AFTER_MS, type QueueDepths } from '../aws/queue-interface.ts';
import type { Clock } from '../clock.ts';
import type { LakeSource } from '../lake/source.ts';
import { estimateFleet, type FleetBudget } from './estimate.ts';
import type { LakeFailures, LakeMissingReviews, LakeTotals } from './lake-totals.ts';
import type { LaunchRecord } from './launch-record.ts';
import type { ManifestSummary } from './manifest-summary.ts';
import { type FleetRate, measureRate } from './measure-rate.ts';
import { learnRates } from './movie-rates.ts';
import { type FleetProgress, listOpenPartitions, measureProgress, summariesOf } from './progress.ts';

/** A problem and the command that fixes it. */
export interface Advice {
  /** A sentence without its full stop. */
  readonly problem: string;
  /** The command that fixes it, such as `tdd redrive`; several are joined with ` && `. */
  readonly command: string;
}

/** The state of a fleet at one moment. */
export interface FleetStatus {
  /** ISO instant. */
  readonly at: string;
  readonly lake: string;
  /** Where the lake's data comes from; absent in a lake that only earlier versions have written. */
  readonly source?: Partial<LakeSource>;
  /**
   * `none`: nothing was ever launched; `sending`: some partitions are not sent yet, perhaps because the launch was
   * interrupted; `running`; `paused`: the event source is disabled, or it or the queue is missing; `ended`: no messages
   * are left, but some partitions are incomplete; `complete`: all partitions are complete and no messages are left.
   */
  readonly phase: 'none' | 'sending' | 'running' | 'paused' | 'ended' | 'complete';
  /** Absent when the queue does not exist. */
  readonly queue?: QueueDepths;
  readonly deadLetters?: number;
  /** Absent when the function does not exist. */
  readonly function?: WorkerFunction;
  readonly eventSource?: EventSource;
  /** Absent when nothing was ever launched. */
  readonly fleet?: FleetProgress;
  /** Absent until a movie is completed. */
  readonly rate?: FleetRate;
  /** Absent while it is unknown. */
  readonly secondsLeft?: number;
  /** What `secondsLeft` is derived from: the forecast of a launch, until the rate has been measured for 15 seconds. */
  readonly secondsLeftFrom?: 'forecast' | 'rate';
  /**
   * Seconds from the launch until now or, once the fleet is complete or has ended, until the last worker finished. Absent
   * when nothing was ever launched, or when the workers had nothing to do.
   */
  readonly secondsElapsed?: number;
  readonly totals: LakeTotals;
  readonly failures: LakeFailures;
  /** Reviews of the whole lake that TMDB counts but did not return. Absent when there are none. */
  readonly missingReviews?: LakeMissingReviews;
  /** The number of complete partitions of the whole lake that have no parts. Absent when all have them. */
  readonly withoutParts?: number;
  /** Problems and the commands that fix them. */
  readonly advice: readonly Advice[];
  /** The number of manifests that were read for this status; the others were in the cache. */
  readonly manifestsRead: number;
}

/** The data that a status is derived from. */
interface FleetObservation {
  /** The latest launch. */
  readonly launch: LaunchRecord | undefined;
  /** The manifests of the lake, by `partitionName`. */
  readonly summaries: ReadonlyMap<string, ManifestSummary>;
  readonly queue: QueueDepths | undefined;
  readonly deadLetters: QueueDepths | undefined;
  readonly function: WorkerFunction | undefined;
  readonly eventSource: EventSource | undefined;
  /** For the forecast; without it, the time left is unknown until the rate is measured. */
  readonly budget?: FleetBudget | undefined;
}

/** The status without advice and totals, derived from an observation. */
export type FleetFacts = Pick<
  FleetStatus,
  | 'phase'
  | 'queue'
  | 'deadLetters'
  | 'function'
  | 'eventSource'
  | 'fleet'
  | 'rate'
  | 'secondsLeft'
  | 'secondsLeftFrom'
  | 'secondsElapsed'
>;

/** Derives the phase, progress, rate and time left of a fleet. */
export function judgeFleet(observed: FleetObservation, nowMs: number): FleetFacts {
  const { launch, summaries, queue, deadLetters, function: workerFunction, eventSource } = observed;
  const fleet = launch && measureProgress(launch, summaries);
  const ours = launch ? summariesOf(launch, summaries) : [...summaries.values()];
  const rate = measureRate(ours, { nowMs, sinceMs: launch ? Date.parse(launch.launchedAt) : 0 });
  const open = launch ? listOpenPartitions(launch, summaries) : [];
  const isNew = launch !== undefined && nowMs - Date.parse(launch.launchedAt) < EMPTY_AFTER_MS;
  const phase = phaseOf(fleet, queue, eventSource, { mayBeUncounted: isNew && open.length > 0 });
  const timeLeft = fleet && timeLeftOf(observed, { fleet, open, rate, phase });
  const isOver = phase === 'complete' || phase === 'ended';
  const secondsElapsed = fleet && secondsSince(fleet.launchedAt, isOver ? lastEndMs(ours, fleet.run) : nowMs);
  return {
    phase,
    ...(queue !== undefined && { queue }),
    ...(deadLetters !== undefined && { deadLetters: deadLetters.waiting + deadLetters.inFlight }),
    ...(workerFunction !== undefined && { function: workerFunction }),
    ...(eventSource !== undefined && { eventSource }),
    ...(fleet !== undefined && { fleet }),
    ...(rate !== undefined && { rate }),
    ...timeLeft,
    ...(secondsElapsed !== undefined && { secondsElapsed }),
  };
}

/** Returns the time at which the launch's last worker finished; later downloads of its partitions do not count. */
function lastEndMs(summaries: readonly ManifestSummary[], run: string): number {
  const ends = summaries.flatMap(({ lastRun }) => (lastRun.run === run ? Date.parse(lastRun.endedAt) : []));
  return ends.reduce((last, end) => Math.max(last, end), 0);
}

function secondsSince(instant: string, ms: number): number | undefined {
  const seconds = (ms - Date.parse(instant)) / 1_000;
  return seconds >= 0 ? seconds : undefined;
}

function phaseOf(
  fleet: FleetProgress | undefined,
  queue: QueueDepths | undefined,
  eventSource: EventSource | undefined,
  { mayBeUncounted }: { readonly mayBeUncounted: boolean },
): FleetStatus['phase'] {
  if (fleet === undefined) return 'none';
  const messages = countMessages(queue);
  // While messages are left, a manifest of an older list may count as complete by mistake: see `judgePartition`.
  const isComplete = fleet.partitions.complete === fleet.partitions.total && messages === 0;
  // A launch that only writes parts has complete partitions from the start, and SQS may not count its messages yet.
  if (isComplete && !mayBeUncounted) return 'complete';
  if (queue === undefined || eventSource === undefined || !isEnabled(eventSource)) return 'paused';
  if (fleet.partitions.unsent > 0) return 'sending';
  return messages > 0 || isComplete ? 'running' : 'ended';
}

/** A rate that was measured for less time says little about the time left. */
const MEASURED_SECONDS = 15;

type TimeLeft = Pick<FleetStatus, 'secondsLeft' | 'secondsLeftFrom'>;

/** Divides what is left by the rate. A new rate is too uncertain: until then, forecasts as a launch does. */
function timeLeftOf(
  { launch, summaries, budget, eventSource }: FleetObservation,
  {
    fleet,
    open,
    rate,
    phase,
  }: Required<Pick<FleetFacts, 'fleet' | 'phase'>> & {
    readonly open: ReturnType<typeof listOpenPartitions>;
    readonly rate: FleetRate | undefined;
  },
): TimeLeft | undefined {
  if (phase === 'complete') return { secondsLeft: 0 };
  const isMoving = phase === 'running' || (phase === 'sending' && fleet.interruptedAt === undefined);
  if (!isMoving || launch === undefined) return undefined;
  // The rate does not include the time for parts.
  if (rate !== undefined && rate.overSeconds >= MEASURED_SECONDS && fleet.movies.left > 0) {
    return { secondsLeft: fleet.movies.left / rate.moviesPerSecond, secondsLeftFrom: 'rate' };
  }
  if (budget === undefined) return undefined;
  const workers = eventSource?.maximumConcurrency ?? budget.workers;
  const rates = learnRates(summaries.values(), launch.settings);
  return {
    secondsLeft: estimateFleet(open, { ...budget, workers }, rates).seconds,
    secondsLeftFrom: 'forecast',
  };
}

/**
 * Creates a predicate that tells, for each polled status, whether polling can stop: the fleet is complete, paused (by a
 * person, or by a worker whose key was rejected), or was never launched; or it has ended incomplete and its queue has
 * been empty for long enough to be sure.
 */
export function watchForEnd({
  monotonic,
}: Pick<Clock, 'monotonic'>): (status: Pick<FleetStatus, 'phase'>) => boolean {
  let endedSinceMs: number | undefined;
  return ({ phase }) => {
    if (phase !== 'ended') {
      endedSinceMs = undefined;
      return phase === 'complete' || phase === 'paused' || phase === 'none';
    }
    const nowMs = monotonic();
    endedSinceMs ??= nowMs;
    return nowMs - endedSinceMs >= EMPTY_AFTER_MS;
  };
}

/** Whether the event source is enabled, or about to be. */
export function isEnabled({ state }: EventSource): boolean {
  return state !== 'Disabled' && state !== 'Disabling';
}
