import type { OwnEventSource } from '../aws/event-source.ts';
import type { SqsQueue } from '../aws/queue.ts';
import type { Clock } from '../clock.ts';
import type { Deadline } from './deadline.ts';
import type { Hold } from './hold.ts';
import type { Log } from './log.ts';
import { type OpenMessage, openTaken, wasReceivedBefore } from './open-message.ts';
import type { Turns } from './turns.ts';

/** The dependencies of taking messages. */
export interface TakeDeps {
  readonly queue: Pick<SqsQueue, 'receive'>;
  /** The function's own event source; absent when its ID is unknown. */
  readonly eventSource?: OwnEventSource | undefined;
  /** How many workers the fleet has at most. */
  readonly workers: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** How long after the invocation's timeout the messages of a crashed worker become visible again. */
const SPARE_SECONDS = 60;
/** With less working time than this, a worker takes no message: it could hardly begin. */
const LEAST_WORKING_MS = 20_000;
/**
 * How long a worker relies on its event source being enabled. All workers together ask at most once a second, because Lambda
 * allows 15 such calls per second and account (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
 */
const ENABLED_MS = { least: 5_000, perWorker: 1_000 };

/** What the taker of an invocation needs to know of it. */
interface TakingInvocation {
  readonly deadline: Deadline;
  readonly hold: Hold;
  readonly turns: Turns;
  readonly delivered: readonly OpenMessage[];
}

/** Takes further messages from the queue for an invocation. */
export interface Taker {
  /** @returns none when the invocation must not take any more. It never throws. */
  take(wanted: number): Promise<readonly OpenMessage[]>;
  /** Lets `take` begin: TMDB has answered, or a message has ended. */
  begin(): void;
  /** Makes `take` return none from now on. */
  end(): void;
}

/** The visibility timeout of a message that the invocation works on, in seconds. */
export function visibilitySeconds(deadline: Deadline): number {
  return Math.ceil(deadline.remainingMs() / 1_000) + SPARE_SECONDS;
}

/**
 * Creates the taker of an invocation. It begins when TMDB has answered for a delivered message, or one has ended: a worker
 * that starts during an outage would only use up receives of those that it took before it noticed. It stops at the first
 * empty answer and the first error, when little time is left, after a hold that has no end, and when someone has paused the
 * fleet. Lambda delivers what it leaves on the queue.
 *
 * After a message that was received before, it takes one at a time. After a crash, the messages that the worker had return
 * together: each receive of several would count for all of them, although the first that runs alone may crash again.
 */
export function createTaker(
  { queue, eventSource, workers, clock, log }: TakeDeps,
  { deadline, hold, turns, delivered }: TakingInvocation,
): Taker {
  const enabledMs = Math.max(ENABLED_MS.least, workers * ENABLED_MS.perWorker);
  let askAtMs = clock.monotonic() + enabledMs; // Lambda has just invoked the worker.
  let isOver = false;
  let last = delivered;
  let begin = () => {};
  const hasBegun = new Promise<void>((resolve) => {
    begin = resolve;
  });

  async function mayTake(): Promise<boolean> {
    await hasBegun;
    await turns.free;
    if ((await hold.settle()) !== undefined || isOver) return false;
    if (deadline.workingMs() < LEAST_WORKING_MS) return false;
    if (eventSource === undefined || clock.monotonic() < askAtMs) return true;
    const isEnabled = await eventSource.isEnabled();
    askAtMs = clock.monotonic() + enabledMs;
    if (!isEnabled) log('INFO', 'The event source is disabled: the worker takes no more messages.');
    return isEnabled;
  }

  return {
    async take(wanted) {
      try {
        if (!(await mayTake())) return [];
        const most = last.some(wasReceivedBefore) ? 1 : wanted;
        const taken = await queue.receive(visibilitySeconds(deadline), most);
        last = taken.map((message) => openTaken(message, clock.now()));
        return last;
      } catch (error) {
        log('WARN', 'The worker cannot take more messages; it finishes those that it has.', {
          reason: String(error),
        });
        return [];
      }
    },
    begin: () => begin(),
    end() {
      isOver = true;
    },
  };
}
