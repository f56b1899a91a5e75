import type { ReceivedMessage } from '../aws/queue-interface.ts';
import type { Delivery } from './decide-next.ts';

/** A message that this worker has received and must acknowledge or return. */
export interface OpenMessage extends Delivery {
  readonly id: string;
  readonly receipt: string;
  readonly body: string;
  /** Lambda's poller has received it and invoked the function with it; otherwise the worker has taken it itself. */
  readonly isFromLambda: boolean;
  /** The invocation has begun with it, so it has had all the time that there is. */
  readonly isFirst: boolean;
}

/** One delivery of a message by Lambda's poller. */
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

/** @param place the record's place in the event. */
export function openRecord(record: SqsRecord, place: number, nowMs: number): OpenMessage {
  return {
    id: record.messageId,
    receipt: record.receiptHandle,
    body: record.body,
    receives: Number(record.attributes?.ApproximateReceiveCount) || 1,
    firstReceivedMs: Number(record.attributes?.ApproximateFirstReceiveTimestamp) || nowMs,
    isFromLambda: true,
    isFirst: place === 0,
  };
}

/** Opens a message that the worker has taken itself. */
export function openTaken(message: ReceivedMessage, nowMs: number): OpenMessage {
  const { id, receipt, body, receives, firstReceivedMs = nowMs } = message;
  return { id, receipt, body, receives, firstReceivedMs, isFromLambda: false, isFirst: false };
}

/** Whether an earlier worker has returned the message, or may have crashed because of it. */
export function wasReceivedBefore({ receives }: Delivery): boolean {
  return receives > 1;
}
