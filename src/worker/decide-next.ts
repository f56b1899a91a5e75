import type { DownloadProgress } from '../download/download-partition.ts';
import type { Counts } from '../download/manifest.ts';
import type { PartitionMessage } from '../message.ts';
import { MAX_RECEIVE_COUNT } from '../worker-contract.ts';

/** What has come of a partition in one invocation. */
export interface Work {
  /** The message with all that is fixed by now: what a copy of it must say. */
  readonly message: PartitionMessage;
  readonly ending: Ending;
  /** What this invocation did, if it came so far. */
  readonly thisRun?: Omit<DownloadProgress, 'total' | 'done'>;
  /** The whole partition now. */
  readonly counts?: Counts;
}

/** How the work on a partition has ended. `reason` is a sentence for people, without any secret. */
export type Ending =
  | { readonly kind: 'done' }
  /** Time was up, with titles left. `settled`: how many ids are settled now that were not before. */
  | { readonly kind: 'timeUp'; readonly settled: number }
  /** Time was up before it was begun. */
  | { readonly kind: 'notBegun' }
  /** It can go well another time. `stack`: of an error that nobody has foreseen. */
  | { readonly kind: 'failed'; readonly reason: string; readonly stack?: string | undefined }
  /** TMDB or IMDb is down: no fault of this message. */
  | { readonly kind: 'outage'; readonly reason: string }
  /** `isPaused`: the event source was disabled, so that no worker takes messages any more. */
  | { readonly kind: 'keyRefused'; readonly reason: string; readonly isPaused: boolean }
  /** It can never go well. */
  | { readonly kind: 'hopeless'; readonly reason: string };

/** What happens to a message after the work on it. */
export type Next =
  | { readonly action: 'acknowledge' }
  /** A message for the rest of the partition is sent, and this one acknowledged. */
  | { readonly action: 'continue' }
  /** SQS delivers it again after so many seconds, and counts that. */
  | { readonly action: 'return'; readonly seconds: number; readonly reason: string }
  /** A fresh copy is sent, whose receives are counted anew, and this one acknowledged. */
  | { readonly action: 'putBack'; readonly delaySeconds: number; readonly reason: string }
  | { readonly action: 'deadLetter'; readonly reason: string };

/** What SQS tells of a delivery. */
export interface Delivery {
  /** How often the message was received, this time included. */
  readonly receives: number;
  readonly firstReceivedMs: number;
}

/** After the first, second … receive: 51 minutes in all. */
const AFTER_FAILURE_MINUTES = [1, 5, 15, 30];
/** After the first, second … receive: 162 minutes in all, beside the minutes that each worker waited in place. */
const AFTER_OUTAGE_MINUTES = [2, 10, 30, 120];
/** An outage that five receives have not outlived in this time is told: somebody has to look. */
const LONG_OUTAGE_MS = 150 * 60_000;
/** SQS delays a new message by no more than this. */
const LONGEST_DELAY_SECONDS = 900;

/**
 * What to do with a message. An outage and a refused key are no fault of the message: they bring it to the
 * dead-letter queue only when they have lasted over hours, never by the count of receives alone.
 * @param random uniform in [0, 1): spreads the messages that came to grief together.
 */
export function decideNext(
  ending: Ending,
  delivery: Delivery,
  { nowMs, random }: { readonly nowMs: number; readonly random: () => number },
): Next {
  const isLast = delivery.receives >= MAX_RECEIVE_COUNT;
  const waitAfter = (minutes: readonly number[]): number =>
    Math.round((minutes[Math.min(delivery.receives, minutes.length) - 1] ?? 1) * 60 * (1 + random() / 5));

  switch (ending.kind) {
    case 'done':
      return { action: 'acknowledge' };
    case 'notBegun':
      return { action: 'putBack', delaySeconds: 0, reason: 'Time was up before it was begun.' };
    case 'hopeless':
      return { action: 'deadLetter', reason: ending.reason };
    case 'timeUp':
      if (ending.settled > 0) return { action: 'continue' };
      return afterFailure('Time was up before a single title was settled.');
    case 'failed':
      return afterFailure(ending.reason);
    case 'outage':
    case 'keyRefused':
      return afterOutage(ending.reason, ending.kind === 'keyRefused' && ending.isPaused);
  }

  function afterFailure(reason: string): Next {
    if (isLast) return { action: 'deadLetter', reason };
    return { action: 'return', seconds: waitAfter(AFTER_FAILURE_MINUTES), reason };
  }

  function afterOutage(reason: string, isPaused: boolean): Next {
    const seconds = waitAfter(AFTER_OUTAGE_MINUTES);
    if (!isLast) return { action: 'return', seconds, reason };
    const isLong = nowMs - delivery.firstReceivedMs >= LONG_OUTAGE_MS;
    if (isLong && !isPaused) return { action: 'deadLetter', reason };
    return { action: 'putBack', delaySeconds: Math.min(seconds, LONGEST_DELAY_SECONDS), reason };
  }
}
