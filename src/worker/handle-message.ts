import type { SqsQueue } from '../aws/queue.ts';
import type { Overlap } from '../download/overlap.ts';
import { MessageError, type PartitionMessage, parseMessage, writeMessage } from '../message.ts';
import { createRunId } from '../run-id.ts';
import type { Deadline } from './deadline.ts';
import { decideNext, type Next, type Work } from './decide-next.ts';
import type { Hold } from './hold.ts';
import { type Log, logTitleError, logWork } from './log.ts';
import type { OpenMessage } from './open-message.ts';
import { visibilitySeconds } from './take-messages.ts';
import { type WorkDeps, workPartition } from './work-partition.ts';

/** The dependencies of the work on a message. */
export interface MessageDeps extends WorkDeps {
  readonly queue: Pick<SqsQueue, 'send' | 'setVisibility' | 'delete'>;
  readonly deadLetters: Pick<SqsQueue, 'send'>;
  readonly log: Log;
}

/** What the messages of an invocation share. */
export interface Invocation {
  readonly deadline: Deadline;
  readonly hold: Hold;
  readonly overlap: Overlap;
  /** Called when TMDB has answered for a partition, or does not need to. */
  readonly onAnswer: () => void;
}

/** SQS limits only the message's total size; a sentence is enough. */
const MAX_REASON_LENGTH = 1_000;

/** What has become of a message. */
export interface Handled {
  /** It was deleted; otherwise it returns to the queue. */
  readonly isAcknowledged: boolean;
  /** TMDB, IMDb or the lake is down, so that other messages would return too. */
  readonly isOutage: boolean;
}

/**
 * Works on one message, decides what to do with it, and does that at once: a crash later in the invocation leaves it
 * acknowledged. It never throws.
 */
export async function handleMessage(
  deps: MessageDeps,
  open: OpenMessage,
  invocation: Invocation,
): Promise<Handled> {
  const startedMs = deps.clock.monotonic();
  const { receives, isFirst } = open;
  let isOutage = false;
  try {
    if (open.isFromLambda) await setVisibility(deps, open, visibilitySeconds(invocation.deadline));
    const message = completeMessage(deps, open.body);
    const isOutOfTime = !isFirst && invocation.deadline.stop.aborted;
    const onTitleError = logTitleError(deps.log, message);
    const work: Work = isOutOfTime
      ? { message, outcome: { kind: 'notStarted' } }
      : await workPartition(deps, message, { ...invocation, isFirst, onTitleError });
    isOutage = work.outcome.kind === 'outage';
    const next = decideNext(work.outcome, open, { nowMs: deps.clock.now(), random: deps.random });
    logWork(deps.log, work, next, { receives, seconds: (deps.clock.monotonic() - startedMs) / 1_000 });
    const isDone = await performNext(deps, open, work.message, next);
    if (isDone) await acknowledge(deps, open);
    return { isAcknowledged: isDone, isOutage };
  } catch (error) {
    if (error instanceof MessageError) {
      const isDone = await rejectMessage(deps, open, error.message);
      if (isDone) await acknowledge(deps, open);
      return { isAcknowledged: isDone, isOutage };
    }
    deps.log('ERROR', 'Handling the message failed; it returns to the queue.', {
      messageId: open.id,
      receives,
      reason: String(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
    return { isAcknowledged: false, isOutage };
  }
}

/**
 * Parses a message and adds the run, if it has none. An instant in the future, before which titles are downloaded again,
 * becomes the current time: otherwise every continuation would download the same titles.
 * @throws {MessageError} when the message is invalid.
 */
function completeMessage(
  { clock, random }: MessageDeps,
  body: string,
): PartitionMessage & { readonly run: string } {
  const message = parseMessage(body);
  const now = clock.now();
  const notAfterNow = (instant: string) =>
    Date.parse(instant) > now ? new Date(now).toISOString() : instant;
  const { redoBefore, redoIncompleteBefore } = message;
  return {
    ...message,
    run: message.run ?? createRunId(now, random),
    ...(redoBefore !== undefined && { redoBefore: notAfterNow(redoBefore) }),
    ...(redoIncompleteBefore !== undefined && { redoIncompleteBefore: notAfterNow(redoIncompleteBefore) }),
  };
}

/**
 * Sends before the message is acknowledged. A crash in between causes a duplicate delivery, which is harmless.
 * @returns whether to acknowledge it.
 */
async function performNext(
  deps: MessageDeps,
  open: OpenMessage,
  message: PartitionMessage,
  next: Next,
): Promise<boolean> {
  switch (next.action) {
    case 'acknowledge':
      return true;
    case 'continue':
      await deps.queue.send(writeMessage({ ...message, hop: message.hop + 1 }), { delaySeconds: 0 });
      return true;
    case 'requeue':
      await deps.queue.send(writeMessage(message), { delaySeconds: next.delaySeconds });
      return true;
    case 'deadLetter':
      await sendDeadLetter(deps, writeMessage(message), next.reason, message.run);
      return true;
    case 'return':
      await setVisibility(deps, open, next.seconds);
      return false;
  }
}

async function rejectMessage(deps: MessageDeps, open: OpenMessage, reason: string): Promise<boolean> {
  deps.log('ERROR', 'The message is invalid and goes to the dead-letter queue.', {
    messageId: open.id,
    reason,
  });
  try {
    await sendDeadLetter(deps, open.body, reason);
    return true;
  } catch (error) {
    deps.log('ERROR', 'The message could not be sent to the dead-letter queue; it returns to the queue.', {
      messageId: open.id,
      reason: String(error),
    });
    return false;
  }
}

/**
 * Sends a message to the dead-letter queue with the reason as an attribute. (SQS itself moves the messages of crashed
 * workers, without attributes.)
 * @param run absent when the message is invalid.
 */
async function sendDeadLetter(
  { deadLetters, clock }: MessageDeps,
  body: string,
  reason: string,
  run?: string,
): Promise<void> {
  const at = new Date(clock.now()).toISOString();
  const attributes = { reason: reason.slice(0, MAX_REASON_LENGTH), at, ...(run !== undefined && { run }) };
  await deadLetters.send(body, { attributes });
}

/** A failure is harmless: the queue's visibility timeout applies, and the message returns later. */
async function setVisibility({ queue, log }: MessageDeps, open: OpenMessage, seconds: number): Promise<void> {
  try {
    await queue.setVisibility(open.receipt, seconds);
  } catch (error) {
    log('WARN', "The message's visibility timeout could not be set.", {
      messageId: open.id,
      seconds,
      reason: String(error),
    });
  }
}

/** A failure is harmless: the message is delivered again, and its titles are done. */
async function acknowledge({ queue, log }: MessageDeps, open: OpenMessage): Promise<void> {
  const failed = (reason: string) =>
    log('WARN', 'The message is done, but could not be deleted.', { messageId: open.id, reason });
  try {
    if ((await queue.delete([open.receipt])).length > 0) failed('SQS rejected the deletion.');
  } catch (error) {
    failed(String(error));
  }
}
