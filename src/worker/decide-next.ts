import type { DownloadProgress, DownloadReport } from '../download/download-report.ts';
import type { Counts } from '../download/manifest.ts';
import type { PartitionMessage } from '../message.ts';
import { MAX_RECEIVE_COUNT } from '../worker-contract.ts';

/** The result of one invocation's work on a partition. */
export interface Work {
  /** The message, completed with the snapshot and the run that this invocation used. Copies of it need both. */
  readonly message: PartitionMessage;
  readonly outcome: Outcome;
  /** The counts of this invocation; absent when it did not start. */
  readonly thisRun?: Omit<DownloadProgress, 'total' | 'done'>;
  /** The counts of the whole partition. */
  readonly counts?: Counts;
  /** The number of lines of the parts that this invocation has written; absent if it wrote none. */
  readonly parts?: NonNullable<DownloadReport['parts']>;
  /** The location of the copy of the partition's damaged manifest, which has been replaced. */
  readonly setAside?: string;
}

/** The outcome of the work on a partition. `reason` is a sentence for the log and dead letters, without secrets. */
export type Outcome =
  | { readonly kind: 'done' }
  /**
   * The time ran out before all titles were done and the parts written. `completed`: how many titles this invocation
   * completed; the parts count as one.
   */
  | { readonly kind: 'timeUp'; readonly completed: number }
  /** The time ran out before the work started, or so soon afterwards that nothing could be completed. */
  | { readonly kind: 'notStarted' }
  /** A retry may succeed. `stack`: that of an unexpected error. */
  | { readonly kind: 'failed'; readonly reason: string; readonly stack?: string | undefined }
  /** TMDB, IMDb or S3 is down or throttling; the message is not the cause. */
  | { readonly kind: 'outage'; readonly reason: string }
  /** TMDB rejected the API key. `isPaused`: the event source was disabled, so that workers receive no more messages. */
  | { readonly kind: 'keyRefused'; readonly reason: string; readonly isPaused: boolean }
  /**
   * The lake contains data from another source than the worker's. The worker is misconfigured, and the message is not the
   * cause. `isPaused`: as above.
   */
  | { readonly kind: 'otherSource'; readonly reason: string; readonly isPaused: boolean }
  /** No retry can succeed. */
  | { readonly kind: 'permanentFailure'; readonly reason: string };

/** The next action for a message after the work on it. */
export type Next =
  | { readonly action: 'acknowledge' }
  /** Send a continuation message for the rest of the partition, and acknowledge this one. */
  | { readonly action: 'continue' }
  /** Return it to the queue with this visibility timeout. Its receive count increases. */
  | { readonly action: 'return'; readonly seconds: number; readonly reason: string }
  /** Send a copy, whose receive count starts at 0, and acknowledge this one. */
  | { readonly action: 'requeue'; readonly delaySeconds: number; readonly reason: string }
  | { readonly action: 'deadLetter'; readonly reason: string };

/** What SQS reports about a delivery. */
export interface Delivery {
  /** How often the message was received, including this time. */
  readonly receives: number;
  readonly firstReceivedMs: number;
}

/** The backoff after the first, second … receive: 51 minutes in total. */
const AFTER_FAILURE_MINUTES = [1, 5, 15, 30];
/**
 * The backoff after the first, second … receive: 162 minutes in total, plus the time that each worker waits in place.
 */
const AFTER_OUTAGE_MINUTES = [2, 10, 30, 120];
/** After its last receive, a message becomes a dead letter if its first receive was at least this long ago. */
const LONG_OUTAGE_MS = 150 * 60_000;
/** SQS's maximum delay for a new message. */
const LONGEST_DELAY_SECONDS = 900;

/**
 * Decides what to do with a message. An outage, a rejected API key or another source is not the message's fault, so the
 * message becomes a dead letter only after hours, never because of its receive count alone.
 * @param options.nowMs milliseconds since the epoch.
 * @param options.random uniform in [0, 1). It adds up to 20 % jitter to the backoff, for messages that fail together.
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
    case 'notStarted': {
      const reason = 'The time ran out before the work started.';
      // A copy forgets the receives of a poison message, but after the last receive only a copy is received again.
      if (delivery.receives > 1 && !isLast) return { action: 'return', seconds: 0, reason };
      return { action: 'requeue', delaySeconds: 0, reason };
    }
    case 'permanentFailure':
      return { action: 'deadLetter', reason: outcome.reason };
    case 'timeUp':
      if (outcome.completed > 0) return { action: 'continue' };
      return afterFailure('The time ran out before any title was completed.');
    case 'failed':
      return afterFailure(outcome.reason);
    case 'outage':
      return afterOutage(outcome.reason, false);
    case 'keyRefused':
    case 'otherSource':
      return afterOutage(outcome.reason, outcome.isPaused);
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
