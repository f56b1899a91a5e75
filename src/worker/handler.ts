import { createOverlap, overlapPartitions } from '../download/overlap.ts';
import { createDeadline } from './deadline.ts';
import { handleMessage, type MessageDeps } from './handle-message.ts';
import { createHold, type HoldDeps, type HoldMemory } from './hold.ts';
import { type OpenMessage, openRecord, type SqsRecord, wasReceivedBefore } from './open-message.ts';
import { createTaker, type TakeDeps } from './take-messages.ts';
import { createTurns } from './turns.ts';

/** The dependencies of a worker. */
export interface HandlerDeps extends MessageDeps, HoldDeps, TakeDeps {
  readonly queue: MessageDeps['queue'] & TakeDeps['queue'];
}

/** The function that Lambda calls with messages from the queue. It returns a partial batch response. */
export type Handler = (event: SqsEvent, context: InvocationContext) => Promise<SqsBatchResponse>;

/**
 * Creates the handler. An invocation begins with the messages of its event, and takes further messages itself, so that their
 * partitions overlap and the rate limit is used without a gap. It downloads partitions within the time budget (see
 * `timeBudget`). A message that fails does not affect the others, and the handler never throws.
 * @param deps created once per process, because the pacer in `tmdb` must outlive invocations.
 */
export function createHandler(deps: HandlerDeps): Handler {
  const memory: HoldMemory = {};
  return async (event, context) => {
    const { Records: records = [] } = event;
    const batchItemFailures: { itemIdentifier: string }[] = [];
    // Invoked by hand. Only Lambda knows how many workers may run, so this one takes nothing either.
    if (records.length === 0) return { batchItemFailures };
    const deadline = createDeadline(deps, context.getRemainingTimeInMillis());
    const hold = createHold(deps, deadline, memory);
    const turns = createTurns();
    const overlap = createOverlap();
    const delivered = records.map((record, place) => openRecord(record, place, deps.clock.now()));
    const taker = createTaker(deps, { deadline, hold, turns, delivered: [...delivered] });

    const take = async (wanted: number) =>
      delivered.length > 0 ? delivered.splice(0) : await taker.take(wanted);
    const work = (message: OpenMessage) =>
      turns.run(wasReceivedBefore(message), async () => {
        const invocation = { deadline, hold, overlap, onAnswer: taker.begin };
        const { isAcknowledged, isOutage } = await handleMessage(deps, message, invocation);
        if (isOutage) taker.end();
        taker.begin();
        if (!isAcknowledged && message.isFromLambda) batchItemFailures.push({ itemIdentifier: message.id });
      });
    try {
      await overlapPartitions({ overlap }, take, work);
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

/** A partial batch response (`ReportBatchItemFailures`): Lambda's poller deletes all messages that it does not list. */
export interface SqsBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** The part of Lambda's context that the worker reads. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}
