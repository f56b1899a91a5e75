import type { OwnEventSource } from '../aws/event-source.ts';
import type { SqsQueue } from '../aws/queue.ts';
import { MessageError, type PartitionMessage, parseMessage, writeMessage } from '../message.ts';
import { createRunId } from '../run-id.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import { decideNext, type Next, type Work } from './decide-next.ts';
import { type Log, logTitleError, logWork } from './log.ts';
import { pauseEventSource } from './pause-event-source.ts';
import { type WorkDeps, workPartition } from './work-partition.ts';

/** The dependencies of a worker. */
export interface HandlerDeps extends WorkDeps {
  readonly queue: Pick<SqsQueue, 'send' | 'setVisibility'>;
  readonly deadLetters: Pick<SqsQueue, 'send'>;
  /** The function's own event source; absent when its ID is unknown. */
  readonly eventSource?: OwnEventSource | undefined;
  readonly log: Log;
}

/** How long after the invocation's timeout the message of a crashed worker becomes visible again. */
const SPARE_SECONDS = 60;
/** SQS limits only the message's total size; a sentence is enough. */
const MAX_REASON_LENGTH = 1_000;

/**
 * Works on one message, and decides what to do with it.
 * @returns `true` to acknowledge the message, `false` to return it to the queue.
 */
async function handleMessage(
  deps: HandlerDeps,
  record: SqsRecord,
  deadline: Deadline,
  { isFirst }: { readonly isFirst: boolean },
): Promise<boolean> {
  const startedMs = deps.clock.monotonic();
  const receives = Number(record.attributes?.ApproximateReceiveCount) || 1;
  const firstReceivedMs = Number(record.attributes?.ApproximateFirstReceiveTimestamp) || deps.clock.now();
  try {
    await setVisibility(deps, record, Math.ceil(deadline.remainingMs() / 1_000) + SPARE_SECONDS);
    const message = completeMessage(deps, record.body);
    const isOutOfTime = !isFirst && deadline.stop.aborted;
    const work: Work = isOutOfTime
      ? { message, outcome: { kind: 'notStarted' } }
      : await pauseIfMisconfigured(
          deps,
          await workPartition(deps, message, deadline, { onTitleError: logTitleError(deps.log, message) }),
          deadline,
        );
    const nowMs = deps.clock.now();
    const next = decideNext(work.outcome, { receives, firstReceivedMs }, { nowMs, random: deps.random });
    logWork(deps.log, work, next, { receives, seconds: (deps.clock.monotonic() - startedMs) / 1_000 });
    return await performNext(deps, record, work.message, next);
  } catch (error) {
    if (error instanceof MessageError) return rejectMessage(deps, record, error.message);
    deps.log('ERROR', 'Handling the message failed; it returns to the queue.', {
      messageId: record.messageId,
      receives,
      reason: String(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
    return false;
  }
}

/**
 * Parses a message and adds the run, if it has none. An instant in the future, before which titles are downloaded again,
 * becomes the current time: otherwise every continuation would download the same titles.
 * @throws {MessageError} when the message is invalid.
 */
function completeMessage(
  { clock, random }: HandlerDeps,
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

/** Pauses the fleet when every message would fail for the same reason, until someone deploys other settings. */
async function pauseIfMisconfigured(deps: HandlerDeps, work: Work, deadline: Deadline): Promise<Work> {
  const { outcome } = work;
  if (outcome.kind !== 'keyRefused' && outcome.kind !== 'otherSource') return work;
  const isPaused = await pauseEventSource(deps, deadline, outcome.kind);
  return { ...work, outcome: { ...outcome, isPaused } };
}

/** Sends before it acknowledges. A crash in between causes a duplicate delivery, which is harmless. */
async function performNext(
  deps: HandlerDeps,
  record: SqsRecord,
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
      await setVisibility(deps, record, next.seconds);
      return false;
  }
}

async function rejectMessage(deps: HandlerDeps, record: SqsRecord, reason: string): Promise<boolean> {
  deps.log('ERROR', 'The message is invalid and goes to the dead-letter queue.', {
    messageId: record.messageId,
    reason,
  });
  try {
    await sendDeadLetter(deps, record.body, reason);
    return true;
  } catch (error) {
    deps.log('ERROR', 'The message could not be sent to the dead-letter queue; it returns to the queue.', {
      messageId: record.messageId,
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
  { deadLetters, clock }: HandlerDeps,
  body: string,
  reason: string,
  run?: string,
): Promise<void> {
  const at = new Date(clock.now()).toISOString();
  const attributes = { reason: reason.slice(0, MAX_REASON_LENGTH), at, ...(run !== undefined && { run }) };
  await deadLetters.send(body, { attributes });
}

/** A failure is harmless: the queue's visibility timeout applies, and the message returns later. */
async function setVisibility({ queue, log }: HandlerDeps, record: SqsRecord, seconds: number): Promise<void> {
  try {
    await queue.setVisibility(record.receiptHandle, seconds);
  } catch (error) {
    log('WARN', "The message's visibility timeout could not be set.", {
      messageId: record.messageId,
      seconds,
      reason: String(error),
    });
  }
}

/** The function that Lambda calls with messages from the queue. It returns a partial batch response. */
export type Handler = (event: SqsEvent, context: InvocationContext) => Promise<SqsBatchResponse>;

/**
 * Creates the handler. It handles messages one after the other, and downloads their partitions within the time budget
 * (see `timeBudget`). A message that fails does not affect the others, and the handler never throws.
 * @param deps created once per process, because the pacer in `tmdb` must outlive invocations.
 */
export function createHandler(deps: HandlerDeps): Handler {
  return async (event, context) => {
    const deadline = createDeadline(deps, context.getRemainingTimeInMillis());
    const batchItemFailures: { itemIdentifier: string }[] = [];
    try {
      let isFirst = true;
      for (const record of event.Records ?? []) {
        const isDone = await handleMessage(deps, record, deadline, { isFirst });
        if (!isDone) batchItemFailures.push({ itemIdentifier: record.messageId });
        isFirst = false;
      }
      return { batchItemFailures };
    } finally {
      deadline.cancel();
    }
  };
}

/** The parts of Lambda's SQS event that the worker reads. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export interface SqsEvent {
  readonly Records: readonly SqsRecord[];
}

/** One delivery of a message. */
export interface SqsRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: {
    /** How often it was received, including this time. */
    readonly ApproximateReceiveCount: string;
    /** Milliseconds since the epoch. */
    readonly ApproximateFirstReceiveTimestamp: string;
  };
}

/** A partial batch response (`ReportBatchItemFailures`): Lambda's poller deletes all messages that it does not list. */
export interface SqsBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** The part of Lambda's context that the worker reads. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}
