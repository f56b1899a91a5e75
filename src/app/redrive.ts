import {
  countMessages,
  type QueueMover,
  type QueueReader,
  type QueueSender,
  type QueueTaker,
  type TakenMessage,
} from '../aws/queue-interface.ts';
import type { Clock } from '../clock.ts';
import { CancelledError, UserError } from '../errors.ts';
import { type Partition, partitionName } from '../partition.ts';

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
async function* takeEach(
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
async function giveAllBack(deadLetters: QueueTaker, receipts: readonly string[]): Promise<void> {
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

/** Looks for a run among the dead letters, all of which stay there. */
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
    // What is not given back shows itself after a while.
    await giveAllBack(deadLetters, receipts).catch(() => undefined);
  }
}

/** What a redrive would put back. */
export interface RedrivePlan extends DeadLetterList {
  /**
   * The ids of the messages to put back: what cannot succeed is a dead letter again at once, as another message, and
   * would otherwise never end.
   */
  readonly chosen: ReadonlySet<string>;
  /** Every dead letter is to be put back, whatever its partition. */
  readonly isAll: boolean;
}

/**
 * Lists the dead letters and chooses those to put back.
 * @param options.only those of these partitions; by default all.
 * @throws {UserError} when SQS refuses.
 */
export async function planRedrive(
  deps: { readonly deadLetters: DeadLetterQueue; readonly clock: Clock },
  options: { readonly only?: readonly Partition[] | undefined; readonly signal?: AbortSignal } = {},
): Promise<RedrivePlan> {
  const { only, signal } = options;
  const { letters, hidden } = await listDeadLetters(deps, { signal });
  const names = only && new Set(only.map(partitionName));
  const chosen = letters.filter(
    ({ partition }) =>
      names === undefined || (partition !== undefined && names.has(partitionName(partition))),
  );
  return { letters, hidden, chosen: new Set(chosen.map(({ id }) => id)), isAll: names === undefined };
}

/** What was put back on the queue. */
export interface RedriveReport {
  /** Messages that are on the queue again. */
  readonly moved: number;
  /** Messages that SQS would not take: they are in the dead-letter queue alone. */
  readonly left: number;
  /** Of those moved, what SQS would not delete: they are in both queues. */
  readonly undeleted: number;
  /** SQS moved them itself, or each was received, sent and deleted. */
  readonly by: 'task' | 'messages';
}

export interface RedriveDeps {
  readonly deadLetters: DeadLetterQueue;
  readonly queue: QueueSender;
  readonly mover: QueueMover;
  readonly clock: Clock;
}

const LOOK_AGAIN_MS = 1_000;

/**
 * Puts dead letters back on the queue: all of them, by SQS's own task where the service has it, or chosen ones. A
 * message is sent before it is deleted, so that whoever is cut off leaves it twice at worst, which workers bear.
 * @param options.choose says which to put back; without it all are.
 * @param options.isAll these are all that were listed: SQS's own task may do it.
 * @throws {UserError} when SQS refuses; the signal's reason when it is aborted, or {@link CancelledError} when a task
 *   of SQS's was under way: it is told to stop.
 */
export async function redrive(
  deps: RedriveDeps,
  options: {
    readonly choose?:
      | ((letter: { readonly id: string; readonly partition?: Partition }) => boolean)
      | undefined;
    readonly isAll?: boolean;
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((moved: number) => void) | undefined;
  } = {},
): Promise<RedriveReport> {
  const { choose, isAll = choose === undefined, signal, onProgress } = options;
  if (isAll && (await deps.mover.start())) {
    return awaitMove(deps, { signal, onProgress }).catch(async (error: unknown) => {
      throw signal?.aborted ? await stopMove(deps, error) : error;
    });
  }
  return moveMessages(deps, { choose: choose ?? (() => true), signal, onProgress });
}

async function awaitMove(
  { mover, clock }: RedriveDeps,
  {
    signal,
    onProgress,
  }: { signal: AbortSignal | undefined; onProgress: ((moved: number) => void) | undefined },
): Promise<RedriveReport> {
  while (true) {
    const { state, moved, reason = 'no reason given' } = await mover.read();
    onProgress?.(moved);
    if (state === 'done') return { moved, left: 0, undeleted: 0, by: 'task' };
    if (state === 'failed') {
      throw new UserError(
        `SQS stopped moving the dead letters after ${moved} (${reason}): run "tdd redrive" again for the others.`,
      );
    }
    await clock.sleep(LOOK_AGAIN_MS, signal);
  }
}

/** Tells SQS to stop. @returns what to say of the end. */
async function stopMove({ mover }: RedriveDeps, cause: unknown): Promise<CancelledError> {
  try {
    const moved = await mover.stop();
    return new CancelledError(
      `cancelled: SQS was told to stop after about ${moved} messages; the others stay in the dead-letter queue.`,
      { cause },
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return new CancelledError(
      `cancelled, but SQS goes on moving the dead letters: "tdd redrive" shows how far it is. ${reason}`,
      { cause },
    );
  }
}

async function moveMessages(
  { deadLetters, queue }: RedriveDeps,
  {
    choose,
    signal,
    onProgress,
  }: {
    choose: (letter: { readonly id: string; readonly partition?: Partition }) => boolean;
    signal: AbortSignal | undefined;
    onProgress: ((moved: number) => void) | undefined;
  },
): Promise<RedriveReport> {
  const { waiting = 0 } = (await deadLetters.readDepths()) ?? {};
  const kept: string[] = [];
  let moved = 0;
  let left = 0;
  let undeleted = 0;
  try {
    for await (const messages of takeEach(deadLetters, { waiting, signal })) {
      const chosen = messages.filter(choose);
      kept.push(...messages.filter((message) => !chosen.includes(message)).map(({ receipt }) => receipt));
      if (chosen.length === 0) continue;
      // Until they are sent, they count as kept: an error here gives them back.
      const sent = await send(chosen).catch((error: unknown) => {
        kept.push(...chosen.map(({ receipt }) => receipt));
        throw error;
      });
      const stayed = await deadLetters.delete(sent);
      const unsent = chosen.filter(({ receipt }) => !sent.includes(receipt)).map(({ receipt }) => receipt);
      kept.push(...unsent, ...stayed);
      left += unsent.length;
      undeleted += stayed.length;
      moved += sent.length;
      onProgress?.(moved);
    }
  } finally {
    await giveAllBack(deadLetters, kept);
  }
  return { moved, left, undeleted, by: 'messages' };

  /** @returns the receipts of what the queue has taken. */
  async function send(messages: readonly TakenMessage[]): Promise<string[]> {
    const { accepted } = await queue.sendBatch(
      messages.map(({ body }, place) => ({ id: String(place), body })),
    );
    return messages.filter((_, place) => accepted.includes(String(place))).map(({ receipt }) => receipt);
  }
}
