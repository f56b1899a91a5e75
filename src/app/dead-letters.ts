import {
  countMessages,
  type QueueReader,
  type QueueReceiver,
  type ReceivedMessage,
} from '../aws/queue-interface.ts';
import type { Clock } from '../clock.ts';
import { parseMessage } from '../message.ts';
import type { Partition } from '../partition.ts';
import { shorten } from '../text.ts';

/**
 * The explanation of a dead letter without a reason: its worker ended before it could write one, or Lambda has throttled the
 * function each time.
 */
export const NO_REASON =
  'The worker crashed, ran out of time or memory, or Lambda could not start it: see its log.';

/** A message in the dead-letter queue. */
export interface DeadLetter {
  /** The message ID in SQS. */
  readonly id: string;
  /** Absent when the body is not one of our messages. */
  readonly partition?: Partition;
  /** Why the last worker failed, or why the body cannot be read. Absent as for {@link NO_REASON}. */
  readonly reason?: string;
  /** The beginning of a body that is not one of our messages; absent for others. */
  readonly excerpt?: string;
  readonly run?: string;
  /** ISO instant: when the last worker gave up, or, if that is unknown, when the message was sent. */
  readonly since: string;
}

/** The messages in a dead-letter queue. */
export interface DeadLetterList {
  /** Oldest first. */
  readonly letters: readonly DeadLetter[];
  /** The approximate number of messages that are invisible because another reader has received them. */
  readonly hidden: number;
}

/** A dead-letter queue. */
export type DeadLetterQueue = QueueReader & QueueReceiver;

/** SQS's maximum visibility timeout: twelve hours. */
const MAX_VISIBILITY_SECONDS = 43_200;

/**
 * A visibility timeout long enough to receive every message once: a call that receives ten takes well under a second.
 * If the process dies, the messages stay hidden no longer than this.
 */
function visibilitySeconds(waiting: number): number {
  return Math.min(MAX_VISIBILITY_SECONDS, 30 + Math.ceil(waiting / 10));
}

/**
 * Receives every message once, until the queue is empty or returns only messages that were received before.
 * @param options.waiting the approximate number of visible messages.
 */
export async function* takeEach(
  deadLetters: QueueReceiver,
  { waiting, signal }: { readonly waiting: number; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<readonly ReceivedMessage[]> {
  const seconds = visibilitySeconds(waiting);
  const seen = new Set<string>();
  while (true) {
    signal?.throwIfAborted();
    const taken = await deadLetters.receive(seconds);
    const fresh = taken.filter(({ id }) => !seen.has(id));
    if (fresh.length === 0) return;
    for (const { id } of fresh) seen.add(id);
    yield fresh;
  }
}

/** Makes messages visible again. A failure is harmless: they become visible when their timeout ends. */
export async function giveAllBack(deadLetters: QueueReceiver, receipts: readonly string[]): Promise<void> {
  for (let at = 0; at < receipts.length; at += 10) {
    await deadLetters.makeVisible(receipts.slice(at, at + 10));
  }
}

/**
 * Lists the dead letters: receives and reads each one, then makes it visible again.
 * @throws {UserError} when SQS denies access or fails; received messages become visible again when their timeout ends.
 */
export async function listDeadLetters(
  { deadLetters, clock }: { readonly deadLetters: DeadLetterQueue; readonly clock: Clock },
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<DeadLetterList> {
  // Read before receiving: afterwards, the counts would include the messages that this listing makes invisible.
  const { waiting = 0, inFlight = 0 } = (await deadLetters.readDepths()) ?? {};
  const letters: DeadLetter[] = [];
  const receipts: string[] = [];
  try {
    for await (const messages of takeEach(deadLetters, { waiting, signal })) {
      receipts.push(...messages.map(({ receipt }) => receipt));
      letters.push(...messages.map((message) => toDeadLetter(message, clock.now())));
    }
  } finally {
    await giveAllBack(deadLetters, receipts);
  }
  return {
    letters: letters.sort((a, b) => (a.since < b.since ? -1 : 1)),
    hidden: Math.min(inFlight, Math.max(0, waiting + inFlight - letters.length)),
  };
}

/**
 * SQS's message move task keeps the attributes of a dead letter. If the next worker crashes, they are outdated. Current
 * attributes are recognized by their age: a worker writes them when it sends the message.
 */
const LONGEST_SENDING_MS = 60_000;

function toDeadLetter(
  { id, body, partition, reason, run, at, sentAtMs }: ReceivedMessage,
  nowMs: number,
): DeadLetter {
  const atMs = at === undefined ? Number.NaN : Date.parse(at);
  const isOutdated = sentAtMs - atMs > LONGEST_SENDING_MS;
  const since = Number.isNaN(atMs) || isOutdated ? sentAtMs || nowMs : atMs;
  return {
    id,
    since: new Date(since).toISOString(),
    ...(partition !== undefined && { partition }),
    ...(reason !== undefined && !isOutdated && { reason }),
    ...(partition === undefined && { reason: problemOf(body), excerpt: shorten(body, MAX_EXCERPT) }),
    ...(run !== undefined && { run }),
  };
}

const MAX_EXCERPT = 80;

/** Returns why a body is not one of our messages. */
function problemOf(body: string): string {
  try {
    parseMessage(body);
    return 'The message cannot be read.';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * Whether a dead letter's body is not one of our messages. No worker can process it, so it would become a dead letter
 * again.
 */
export function isUnreadable({ partition }: Pick<DeadLetter, 'partition'>): boolean {
  return partition === undefined;
}

/** Searches the dead-letter queue for the message of a run, and leaves all messages in the queue. */
export async function findDeadLetter(
  deadLetters: DeadLetterQueue,
  run: string,
): Promise<Pick<DeadLetter, 'reason'> | undefined> {
  const depths = await deadLetters.readDepths();
  if (depths === undefined || countMessages(depths) === 0) return undefined;
  const receipts: string[] = [];
  try {
    for await (const letters of takeEach(deadLetters, depths)) {
      receipts.push(...letters.map(({ receipt }) => receipt));
      const ours = letters.find((letter) => letter.run === run);
      if (ours) return ours.reason === undefined ? {} : { reason: ours.reason };
    }
    return undefined;
  } finally {
    // Otherwise they become visible when their timeout ends.
    await giveAllBack(deadLetters, receipts).catch(() => undefined);
  }
}
