import type { Partition } from '../partition.ts';

/** A message to send in a batch. */
export interface QueueEntry {
  /** Unique within its batch. */
  readonly id: string;
  readonly body: string;
}

/** The result of sending a batch. An entry that is in neither list was not sent. */
export interface SendResult {
  /** The IDs of the entries that SQS accepted. */
  readonly accepted: readonly string[];
  readonly failed: readonly { readonly id: string; readonly reason: string; readonly senderFault: boolean }[];
}

/** Sends messages. */
export interface QueueSender {
  /** Sends at most 10 entries. @throws {UserError} when SQS rejects the whole call. */
  sendBatch(entries: readonly QueueEntry[]): Promise<SendResult>;
}

/** How many messages a queue holds. SQS's counts are approximate (eventual consistency). */
export interface QueueDepths {
  /** Visible: ready to be received. */
  readonly waiting: number;
  /** Received but not deleted: a worker has it, or its visibility timeout has not expired yet. */
  readonly inFlight: number;
  /** Sent with a delay that has not passed yet. */
  readonly delayed: number;
  /** How long the queue keeps a message, in seconds. */
  readonly retentionSeconds: number;
}

/**
 * Converts the attributes that GetQueueAttributes returns to depths. A missing count is 0, a missing retention period
 * is SQS's default of 4 days.
 */
export function depthsOf(attributes: Readonly<Record<string, string | undefined>>): QueueDepths {
  return {
    waiting: Number(attributes.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
    delayed: Number(attributes.ApproximateNumberOfMessagesDelayed ?? 0),
    retentionSeconds: Number(attributes.MessageRetentionPeriod ?? 345_600),
  };
}

/** The total number of messages in a queue; 0 when the queue does not exist. */
export function countMessages(depths: QueueDepths | undefined): number {
  return depths === undefined ? 0 : depths.waiting + depths.inFlight + depths.delayed;
}

/**
 * A queue that has reported no messages for this long, in milliseconds, is empty. SQS's counts are eventually
 * consistent: they take about a minute to become accurate.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
 */
export const EMPTY_AFTER_MS = 120_000;

/** Reads a queue's state. */
export interface QueueReader {
  /** @returns `undefined` when the queue does not exist. */
  readDepths(): Promise<QueueDepths | undefined>;
}

/** A received message. It is hidden from other consumers until its visibility timeout expires. */
export interface ReceivedMessage {
  readonly id: string;
  /** The receipt handle, needed to change its visibility timeout or to delete it. */
  readonly receipt: string;
  readonly body: string;
  /** Absent when the body is not a valid partition message. */
  readonly partition?: Partition;
  /** Milliseconds since the epoch. */
  readonly sentAtMs: number;
  /** How often it was received, including this time. */
  readonly receives: number;
  /** When it was received for the first time, in milliseconds since the epoch; absent if SQS did not say. */
  readonly firstReceivedMs?: number;
  /** Why a worker sent it to the dead-letter queue; absent when the worker crashed. */
  readonly reason?: string;
  /** The run in which it became a dead letter or, if that is unknown, was sent. */
  readonly run?: string;
  /** When it became a dead letter: an ISO timestamp. */
  readonly at?: string;
}

/** Receives messages, and returns them to the queue or deletes them. */
export interface QueueReceiver {
  /**
   * Receives messages with this visibility timeout. It waits a second for the first one.
   * @param most 1 to 10; by default 10.
   */
  receive(visibilitySeconds: number, most?: number): Promise<readonly ReceivedMessage[]>;
  /**
   * Returns at most 10 messages to the queue by setting their visibility timeout to 0. A failure is harmless: they
   * return when their visibility timeout expires.
   */
  makeVisible(receipts: readonly string[]): Promise<void>;
  /** Deletes at most 10 messages. @returns the receipts of those that could not be deleted. */
  delete(receipts: readonly string[]): Promise<readonly string[]>;
}

/** The state of an SQS message move task. */
export interface MessageMove {
  readonly state: 'running' | 'done' | 'failed';
  /** How many messages it has moved so far; approximate. */
  readonly moved: number;
  /** Why it failed. */
  readonly reason?: string;
}

/** Moves all messages from a dead-letter queue back to their queue (redrive). */
export interface QueueMover {
  /**
   * Starts a task, or joins one that is already running.
   * @returns `false` when the service does not support such tasks.
   */
  start(): Promise<boolean>;
  read(): Promise<MessageMove>;
  /** Cancels a running task. @returns approximately how many messages it has moved. */
  stop(): Promise<number>;
}
