import type { DownloadProgress } from '../download/download-partition.ts';
import type { Counts } from '../download/manifest.ts';
import type { PartitionMessage } from '../message.ts';
import { MAX_RECEIVE_COUNT } from '../worker-contract.ts';

/** The result of one invocation's work on a partition. */
export interface Work {
  /** The message with everything that was set meanwhile, as a copy of it must have. */
  readonly message: PartitionMessage;
  readonly outcome: Outcome;
  /** What this invocation did; absent when it did not start. */
  readonly thisRun?: Omit<DownloadProgress, 'total' | 'done'>;
  /** The whole partition now. */
  readonly counts?: Counts;
}

/** How the work on a partition ended. `reason` is a sentence for people, without any secret. */
export type Outcome =
  | { readonly kind: 'done' }
  /** Time was up, with titles left. `completed`: how many ids this invocation finished. */
  | { readonly kind: 'timeUp'; readonly completed: number }
  /** Time was up before it started. */
  | { readonly kind: 'notStarted' }
  /** It may succeed later. `stack`: of an unexpected error. */
  | { readonly kind: 'failed'; readonly reason: string; readonly stack?: string | undefined }
  /** TMDB or IMDb is down, which is not the message's fault. */
  | { readonly kind: 'outage'; readonly reason: string }
  /** `isPaused`: the event source was disabled, so that no worker receives further messages. */
  | { readonly kind: 'keyRefused'; readonly reason: string; readonly isPaused: boolean }
  /** Permanent: it can never succeed. */
  | { readonly kind: 'permanentFailure'; readonly reason: string };

/** What happens to a message after the work on it. */
export type Next =
  | { readonly action: 'acknowledge' }
  /** A message for the rest of the partition is sent, and this one acknowledged. */
  | { readonly action: 'continue' }
  /** SQS delivers it again after this many seconds, and counts that. */
  | { readonly action: 'return'; readonly seconds: number; readonly reason: string }
  /** A copy is sent, whose receive count starts again at 0, and this one is acknowledged. */
  | { readonly action: 'requeue'; readonly delaySeconds: number; readonly reason: string }
  | { readonly action: 'deadLetter'; readonly reason: string };

/** What SQS says about a delivery. */
export interface Delivery {
  /** How often the message was received, including this time. */
  readonly receives: number;
  readonly firstReceivedMs: number;
}

/** After the first, second … receive: 51 minutes in all. */
const AFTER_FAILURE_MINUTES = [1, 5, 15, 30];
/** After the first, second … receive: 162 minutes in all, in addition to the time that each worker waits in place. */
const AFTER_OUTAGE_MINUTES = [2, 10, 30, 120];
/** An outage that outlasts five receives and this time becomes a dead letter: somebody has to look. */
const LONG_OUTAGE_MS = 150 * 60_000;
/** SQS's maximum delay of a new message. */
const LONGEST_DELAY_SECONDS = 900;

/**
 * Decides what happens to a message. An outage and a refused key are not the message's fault: it becomes a dead letter
 * only after hours of them, never because of its receive count alone.
 * @param random uniform in [0, 1): jitter for messages that fail at the same time.
 */
export function decideNext(
  outcome: Outcome,
  delivery: Delivery,
  { nowMs, random }: { readonly nowMs: number; readonly random: () => number },
): Next {
  const isLast = delivery.receives >= MAX_RECEIVE_COUNT;
  const waitAfter = (minutes: readonly number[]): number =>
    Math.round((minutes[Math.min(delivery.receives, minutes.length) - 1] ?? 1) * 60 * (1 + random() / 5));

  switch (outcome.kind) {
    case 'done':
      return { action: 'acknowledge' };
    case 'notStarted':
      return { action: 'requeue', delaySeconds: 0, reason: 'Time was up before it was begun.' };
    case 'permanentFailure':
      return { action: 'deadLetter', reason: outcome.reason };
    case 'timeUp':
      if (outcome.completed > 0) return { action: 'continue' };
      return afterFailure('Time was up before a single title was completed.');
    case 'failed':
      return afterFailure(outcome.reason);
    case 'outage':
    case 'keyRefused':
      return afterOutage(outcome.reason, outcome.kind === 'keyRefused' && outcome.isPaused);
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
    return { action: 'requeue', delaySeconds: Math.min(seconds, LONGEST_DELAY_SECONDS), reason };
  }
}
