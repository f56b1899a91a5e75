import type { QueueReader, QueueTaker, TakenMessage } from '../aws/queue-interface.ts';
import type { Clock } from '../clock.ts';
import type { Partition } from '../partition.ts';

/** A message that was given up. */
export interface DeadLetter {
  /** SQS's id of the message. */
  readonly id: string;
  /** Absent when it is no message of ours. */
  readonly partition?: Partition;
  /** Why a worker gave it up. Absent: the worker crashed each time. */
  readonly reason?: string;
  readonly run?: string;
  /** ISO instant: when it was given up, or, where that is not known, when it was sent. */
  readonly since: string;
}

/** What a look into a dead-letter queue has shown. */
export interface DeadLetterList {
  /** The oldest first. */
  readonly letters: readonly DeadLetter[];
  /** About how many could not be seen: another look hides them for a while. */
  readonly hidden: number;
}

/** A dead-letter queue. */
export type DeadLetterQueue = QueueReader & QueueTaker;

/** SQS takes no longer time than twelve hours. */
const LONGEST_HIDING_SECONDS = 43_200;

/**
 * How long messages must be hidden so that each is taken once: a call for ten of them takes well under a second.
 * Whoever dies meanwhile leaves them hidden for no longer than this.
 */
function hidingSeconds(waiting: number): number {
  return Math.min(LONGEST_HIDING_SECONDS, 30 + Math.ceil(waiting / 10));
}

/**
 * Takes every message once, until the queue shows no more, or only such as were taken before.
 * @param options.waiting how many the queue shows, about.
 */
export async function* takeEach(
  deadLetters: QueueTaker,
  { waiting, signal }: { readonly waiting: number; readonly signal?: AbortSignal | undefined },
): AsyncGenerator<readonly TakenMessage[]> {
  const seconds = hidingSeconds(waiting);
  const seen = new Set<string>();
  while (true) {
    signal?.throwIfAborted();
    const taken = await deadLetters.take(seconds);
    const fresh = taken.filter(({ id }) => !seen.has(id));
    if (fresh.length === 0) return;
    for (const { id } of fresh) seen.add(id);
    yield fresh;
  }
}

/** Shows messages to others again. What fails is no harm: they show themselves when their time is over. */
export async function giveAllBack(deadLetters: QueueTaker, receipts: readonly string[]): Promise<void> {
  for (let at = 0; at < receipts.length; at += 10) {
    await deadLetters.giveBack(receipts.slice(at, at + 10));
  }
}

/**
 * Lists the dead letters: each is taken, looked at and given back.
 * @throws {UserError} when SQS refuses; what was taken shows itself again.
 */
export async function listDeadLetters(
  { deadLetters, clock }: { readonly deadLetters: DeadLetterQueue; readonly clock: Clock },
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<DeadLetterList> {
  // Before they are taken: SQS's counts lag behind, and afterwards would tell of those that this very look hid.
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
 * SQS's own task sends a dead letter anew with the attributes it had. When its worker crashes after that, these are
 * of the time before: a worker writes them at the very moment of sending.
 */
const LONGEST_SENDING_MS = 60_000;

function toDeadLetter({ id, partition, reason, run, at, sentAtMs }: TakenMessage, nowMs: number): DeadLetter {
  const atMs = at === undefined ? Number.NaN : Date.parse(at);
  const isOutdated = sentAtMs - atMs > LONGEST_SENDING_MS;
  const since = Number.isNaN(atMs) || isOutdated ? sentAtMs || nowMs : atMs;
  return {
    id,
    since: new Date(since).toISOString(),
    ...(partition !== undefined && { partition }),
    ...(reason !== undefined && !isOutdated && { reason }),
    ...(run !== undefined && { run }),
  };
}
