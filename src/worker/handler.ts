import { MessageError, type PartitionMessage, parseMessage, writeMessage } from '../message.ts';
import { createRunId } from '../run-id.ts';
import { createDeadline, type Deadline } from './deadline.ts';
import { decideNext, type Next, type Work } from './decide-next.ts';
import { type Log, logWork } from './log.ts';
import { pauseEventSource } from './refused-key.ts';
import { type WorkDeps, workPartition } from './work-partition.ts';
import type { WorkerQueue } from './worker-queue.ts';

/** What a worker needs. */
export interface HandlerDeps extends WorkDeps {
  readonly queue: WorkerQueue;
  /** Disables the function's own event source; absent when it does not know it. */
  readonly disableEventSource?: (() => Promise<void>) | undefined;
  readonly log: Log;
}

/** A crashed worker's message is back so long after the worker's time was up. */
const SPARE_SECONDS = 60;
/** SQS takes attributes of any length up to its message's limit; a sentence is enough. */
const LONGEST_REASON = 1_000;

/**
 * Works on one message, and sees to what becomes of it.
 * @returns whether the message is done with; otherwise SQS delivers it again.
 */
async function handleMessage(
  deps: HandlerDeps,
  record: SqsRecord,
  deadline: Deadline,
  { isFirst }: { readonly isFirst: boolean },
): Promise<boolean> {
  const startedMs = deps.clock.now();
  const receives = Number(record.attributes?.ApproximateReceiveCount) || 1;
  const firstReceivedMs = Number(record.attributes?.ApproximateFirstReceiveTimestamp) || startedMs;
  try {
    await setVisibility(deps, record, Math.ceil(deadline.remainingMs() / 1_000) + SPARE_SECONDS);
    const message = readMessage(deps, record.body);
    const isLate = !isFirst && deadline.stop.aborted;
    const work: Work = isLate
      ? { message, ending: { kind: 'notBegun' } }
      : await pauseIfKeyRefused(deps, await workPartition(deps, message, deadline), deadline);
    const nowMs = deps.clock.now();
    const next = decideNext(work.ending, { receives, firstReceivedMs }, { nowMs, random: deps.random });
    logWork(deps.log, work, next, { receives, seconds: (nowMs - startedMs) / 1_000 });
    return await carryOut(deps, record, work.message, next);
  } catch (error) {
    if (error instanceof MessageError) return rejectMessage(deps, record, error.message);
    deps.log('ERROR', 'The message was not settled, and returns.', {
      messageId: record.messageId,
      receives,
      reason: String(error),
      stack: error instanceof Error ? error.stack : undefined,
    });
    return false;
  }
}

/** The message, with what the first worker fixes. A time yet to come for `redoBefore` would be redone for ever. */
function readMessage(
  { clock, random }: HandlerDeps,
  body: string,
): PartitionMessage & { readonly run: string } {
  const message = parseMessage(body);
  const now = clock.now();
  const isAhead = message.redoBefore !== undefined && Date.parse(message.redoBefore) > now;
  return {
    ...message,
    run: message.run ?? createRunId(now, random),
    ...(isAhead && { redoBefore: new Date(now).toISOString() }),
  };
}

async function pauseIfKeyRefused(deps: HandlerDeps, work: Work, deadline: Deadline): Promise<Work> {
  if (work.ending.kind !== 'keyRefused') return work;
  const isPaused = await pauseEventSource(deps, deadline);
  return { ...work, ending: { ...work.ending, isPaused } };
}

/** What is sent is sent before the message is acknowledged: cut off in between, it comes twice, which is harmless. */
async function carryOut(
  deps: HandlerDeps,
  record: SqsRecord,
  message: PartitionMessage,
  next: Next,
): Promise<boolean> {
  switch (next.action) {
    case 'acknowledge':
      return true;
    case 'continue':
      await deps.queue.send(writeMessage({ ...message, hop: message.hop + 1 }), 0);
      return true;
    case 'putBack':
      await deps.queue.send(writeMessage(message), next.delaySeconds);
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
  deps.log('ERROR', 'The message cannot be read, and goes to the dead-letter queue.', {
    messageId: record.messageId,
    reason,
  });
  try {
    await sendDeadLetter(deps, record.body, reason);
    return true;
  } catch (error) {
    deps.log('ERROR', 'The dead-letter queue did not take the message, which returns.', {
      messageId: record.messageId,
      reason: String(error),
    });
    return false;
  }
}

async function sendDeadLetter(
  { queue, clock }: HandlerDeps,
  body: string,
  reason: string,
  run?: string,
): Promise<void> {
  await queue.sendDeadLetter(body, {
    reason: reason.slice(0, LONGEST_REASON),
    at: new Date(clock.now()).toISOString(),
    ...(run !== undefined && { run }),
  });
}

/** When this fails the message comes back by the queue's own time: slower, and nothing is lost. */
async function setVisibility({ queue, log }: HandlerDeps, record: SqsRecord, seconds: number): Promise<void> {
  try {
    await queue.setVisibility(record.receiptHandle, seconds);
  } catch (error) {
    log('WARN', "The message's visibility could not be set.", {
      messageId: record.messageId,
      seconds,
      reason: String(error),
    });
  }
}

/** The function that Lambda calls with messages from the queue. */
export type Handler = (event: SqsEvent, context: InvocationContext) => Promise<SqsBatchResponse>;

/**
 * Makes the worker: it takes messages, one after the other, and downloads their partitions until 45 s before its
 * time is up. One message's trouble is not another's; it never throws.
 * @param deps made once for all invocations: the pacer in `tmdb` must outlive them.
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
    /** How often it was received, this time included. */
    readonly ApproximateReceiveCount: string;
    /** Epoch ms. */
    readonly ApproximateFirstReceiveTimestamp: string;
  };
}

/** What Lambda's poller takes for an answer (`ReportBatchItemFailures`): all other messages are deleted. */
export interface SqsBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** The part of Lambda's context that the worker reads. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}
