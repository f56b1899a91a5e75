import { createDeadline } from './deadline.ts';
import { type HandlerDeps, handleRecord } from './handle-record.ts';
import type { InvocationContext, SqsBatchResponse, SqsEvent } from './sqs-event.ts';

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
        const isDone = await handleRecord(deps, record, deadline, { isFirst });
        if (!isDone) batchItemFailures.push({ itemIdentifier: record.messageId });
        isFirst = false;
      }
      return { batchItemFailures };
    } finally {
      deadline.cancel();
    }
  };
}
