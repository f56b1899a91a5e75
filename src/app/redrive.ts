import type { QueueMover, QueueSender, ReceivedMessage } from '../aws/queue-interface.ts';
import type { Clock } from '../clock.ts';
import { CancelledError, UsageError, UserError } from '../errors.ts';
import { type Partition, partitionName } from '../partition.ts';
import { formatNumberOf, toOneLine } from '../text.ts';
import {
  type DeadLetterList,
  type DeadLetterQueue,
  giveAllBack,
  isUnreadable,
  listDeadLetters,
  takeEach,
} from './dead-letters.ts';

/** The plan of a redrive. */
export interface RedrivePlan extends DeadLetterList {
  /**
   * The IDs of the messages to return to the queue, or to discard. A message that fails again becomes a dead letter with a new ID, so
   * choosing by ID keeps the redrive from moving it forever.
   */
  readonly chosen: ReadonlySet<string>;
  /** Whether all dead letters are chosen. */
  readonly isAll: boolean;
  /** How many dead letters are not messages of this program. No worker can process them, so they are chosen only to be discarded. */
  readonly unreadable: number;
}

/**
 * Lists the dead letters and chooses those to return to the queue: all that workers can read.
 * @param options.only chooses only the dead letters of these partitions.
 * @param options.discard chooses those to discard: all, including unreadable ones, or only those of the partitions.
 * @throws {UserError} when SQS denies access or fails.
 */
export async function planRedrive(
  deps: { readonly deadLetters: DeadLetterQueue; readonly clock: Clock },
  options: {
    readonly only?: readonly Partition[] | undefined;
    readonly discard?: boolean;
    readonly signal?: AbortSignal;
  } = {},
): Promise<RedrivePlan> {
  const { only, discard = false, signal } = options;
  const { letters, hidden } = await listDeadLetters(deps, { signal });
  const names = only && new Set(only.map(partitionName));
  const unreadable = letters.filter(isUnreadable).length;
  const chosen = letters.filter(({ partition }) => {
    if (names === undefined) return discard || partition !== undefined;
    return partition !== undefined && names.has(partitionName(partition));
  });
  return {
    letters,
    hidden,
    chosen: new Set(chosen.map(({ id }) => id)),
    isAll: names === undefined && unreadable === 0,
    unreadable,
  };
}

/** The result of a redrive. */
export interface RedriveReport {
  /** Messages that were returned to the queue. */
  readonly moved: number;
  /** Messages that were deleted from the dead-letter queue; present when messages were to be discarded. */
  readonly discarded?: number;
  /** Messages that SQS did not accept: they are only in the dead-letter queue. */
  readonly left: number;
  /** Messages that SQS did not delete from the dead-letter queue: moved ones are in both queues. */
  readonly undeleted: number;
  /** `task`: SQS's message move task; `messages`: each message was received, sent and deleted. */
  readonly by: 'task' | 'messages';
}

/** The dependencies of a redrive. */
interface RedriveDeps {
  readonly deadLetters: DeadLetterQueue;
  readonly queue: QueueSender;
  readonly mover: QueueMover;
  readonly clock: Clock;
}

const POLL_MS = 1_000;

/** Whether to return a dead letter to the queue. */
type Choose = (letter: { readonly id: string; readonly partition?: Partition }) => boolean;

/** Selects the dead letters to return to the queue, reports progress and aborts. */
export interface RedriveOptions {
  /** Selects the messages to return; by default all. */
  readonly choose?: Choose | undefined;
  /** Set when `choose` selects every message: only then can SQS's message move task be used. */
  readonly isAll?: boolean;
  /** Deletes the chosen messages from the dead-letter queue instead of returning them. Needs `choose`. */
  readonly discard?: boolean;
  readonly signal?: AbortSignal | undefined;
  /** Called with the number of messages that were moved or deleted so far. */
  readonly onProgress?: ((done: number) => void) | undefined;
}

/**
 * Returns dead letters to the queue: all of them with SQS's message move task where the service has one, otherwise
 * one by one. A message is sent before it is deleted, so an interruption leaves it in both queues at worst; processing
 * it twice is safe. With `discard`, it deletes them instead.
 * @throws {UsageError} for `discard` without `choose`, since nothing may be deleted that nobody has seen; {@link UserError} when SQS denies access or fails; the signal's reason when it is aborted, or
 *   {@link CancelledError} when that cancelled a move task in progress.
 *
 * @example
 * const { letters } = await planRedrive(connection);
 * for (const { partition, reason } of letters) console.log(partition, reason);
 * await redrive(connection, { choose: ({ partition }) => partition?.year === 2004 });
 */
export async function redrive(deps: RedriveDeps, options: RedriveOptions = {}): Promise<RedriveReport> {
  const { choose, isAll = choose === undefined, discard = false, signal, onProgress } = options;
  if (discard) {
    if (choose !== undefined) return discardMessages(deps, { choose, signal, onProgress });
    throw new UsageError('discard needs choose, which selects messages that planRedrive has listed.');
  }
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
        `SQS stopped moving the dead letters after ${formatNumberOf(moved, 'message')} (${toOneLine(reason)}): run "tdd redrive" again to move the rest.`,
      );
    }
    await clock.sleep(POLL_MS, signal);
  }
}

/** Cancels SQS's task. @returns the error to throw. */
async function stopMove({ mover }: RedriveDeps, cause: unknown): Promise<CancelledError> {
  try {
    const moved = await mover.stop();
    return new CancelledError(
      `Cancelled: SQS stopped after about ${formatNumberOf(moved, 'message')}; the others stay in the dead-letter queue.`,
      { cause },
    );
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return new CancelledError(
      `Cancelled, but SQS may have moved more dead letters and may still be moving them: run "tdd redrive" to list those that are left. ${reason}`,
      { cause },
    );
  }
}

/** Adds to an error what was done before it: each moved message was sent, though perhaps not deleted yet. */
function afterMoving(moved: number, cause: unknown): unknown {
  if (!(cause instanceof UserError)) return cause;
  const text = `Returned ${formatNumberOf(moved, 'message')} to the queue, then stopped. ${cause.message}`;
  return cause instanceof CancelledError
    ? new CancelledError(text, { cause })
    : new UserError(text, { cause });
}

async function discardMessages(
  { deadLetters }: Pick<RedriveDeps, 'deadLetters'>,
  { choose, signal, onProgress }: Pick<RedriveOptions, 'signal' | 'onProgress'> & { readonly choose: Choose },
): Promise<RedriveReport> {
  const { waiting = 0 } = (await deadLetters.readDepths()) ?? {};
  const kept: string[] = [];
  let discarded = 0;
  let undeleted = 0;
  try {
    for await (const messages of takeEach(deadLetters, { waiting, signal })) {
      const receiptsOf = (isChosen: boolean) =>
        messages.filter((message) => choose(message) === isChosen).map(({ receipt }) => receipt);
      kept.push(...receiptsOf(false));
      const chosen = receiptsOf(true);
      if (chosen.length === 0) continue;
      const stayed = await deadLetters.delete(chosen);
      kept.push(...stayed);
      undeleted += stayed.length;
      discarded += chosen.length - stayed.length;
      onProgress?.(discarded);
    }
  } finally {
    await giveAllBack(deadLetters, kept).catch(() => undefined);
  }
  return { moved: 0, discarded, left: 0, undeleted, by: 'messages' };
}

async function moveMessages(
  { deadLetters, queue }: RedriveDeps,
  {
    choose,
    signal,
    onProgress,
  }: {
    choose: Choose;
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
      // If sending fails, the messages become visible again.
      const sent = await send(chosen).catch((error: unknown) => {
        kept.push(...chosen.map(({ receipt }) => receipt));
        throw error;
      });
      moved += sent.length;
      const stayed = await deadLetters.delete(sent);
      const unsent = chosen.filter(({ receipt }) => !sent.includes(receipt)).map(({ receipt }) => receipt);
      kept.push(...unsent, ...stayed);
      left += unsent.length;
      undeleted += stayed.length;
      onProgress?.(moved);
    }
  } catch (error) {
    throw moved > 0 ? afterMoving(moved, error) : error;
  } finally {
    await giveAllBack(deadLetters, kept).catch(() => undefined);
  }
  return { moved, left, undeleted, by: 'messages' };

  /** @returns the receipts of the messages that the queue accepted. */
  async function send(messages: readonly ReceivedMessage[]): Promise<string[]> {
    const { accepted } = await queue.sendBatch(
      messages.map(({ body }, place) => ({ id: String(place), body })),
    );
    return messages.filter((_, place) => accepted.includes(String(place))).map(({ receipt }) => receipt);
  }
}
