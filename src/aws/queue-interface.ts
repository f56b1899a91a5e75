import type { Partition } from '../partition.ts';

/** A message to send. */
export interface QueueEntry {
  /** Unlike the others of its batch. */
  readonly id: string;
  readonly body: string;
}

/** The queue's answer to a batch; an entry that is in neither list was not sent. */
export interface SendResult {
  /** Ids. */
  readonly accepted: readonly string[];
  readonly failed: readonly { readonly id: string; readonly reason: string; readonly senderFault: boolean }[];
}

/** Sends messages. */
export interface QueueSender {
  /** At most ten entries. @throws {UserError} when SQS refuses the whole call. */
  sendBatch(entries: readonly QueueEntry[]): Promise<SendResult>;
}

/** How many messages a queue has. SQS's counts are approximate. */
export interface QueueDepths {
  /** Ready to be received. */
  readonly waiting: number;
  /** Received and not deleted yet: with a worker, or waiting for the next try. */
  readonly inFlight: number;
  /** Not ready yet. */
  readonly delayed: number;
  /** How long the queue keeps a message, seconds. */
  readonly retentionSeconds: number;
}

/** Reads the depths out of a queue's attributes, as GetQueueAttributes returns them; a count that is absent is 0. */
export function depthsOf(attributes: Readonly<Record<string, string | undefined>>): QueueDepths {
  return {
    waiting: Number(attributes.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
    delayed: Number(attributes.ApproximateNumberOfMessagesDelayed ?? 0),
    retentionSeconds: Number(attributes.MessageRetentionPeriod ?? 345_600),
  };
}

/** How many messages a queue holds in all; 0 when it does not exist. */
export function countMessages(depths: QueueDepths | undefined): number {
  return depths === undefined ? 0 : depths.waiting + depths.inFlight + depths.delayed;
}

/**
 * A queue that has reported no messages for this long is empty: its counts can be a minute old.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
 */
export const EMPTY_AFTER_MS = 120_000;

/** Reads a queue's state. */
export interface QueueReader {
  /** @returns `undefined` when the queue does not exist. */
  readDepths(): Promise<QueueDepths | undefined>;
}

/** A message that was received, and is hidden from others for a while. */
export interface ReceivedMessage {
  readonly id: string;
  /** The receipt handle, to give it back or delete it. */
  readonly receipt: string;
  readonly body: string;
  /** Its partition; absent when the body is not a message of ours. */
  readonly partition?: Partition;
  /** Epoch ms. */
  readonly sentAtMs: number;
  /** Why a worker gave it up; absent when the worker crashed. */
  readonly reason?: string;
  /** The run that gave it up, or in which it was sent. */
  readonly run?: string;
  /** ISO instant: when it was given up. */
  readonly at?: string;
}

/** Receives messages and returns or deletes them. */
export interface QueueReceiver {
  /** Receives at most ten messages and hides them from others for this long. */
  receive(visibilitySeconds: number): Promise<readonly ReceivedMessage[]>;
  /** Makes messages visible to others again. A failure is harmless: the visibility timeout does the same. At most ten. */
  makeVisible(receipts: readonly string[]): Promise<void>;
  /** At most ten. @returns the receipts that could not be deleted. */
  delete(receipts: readonly string[]): Promise<readonly string[]>;
}

/** The state of an SQS message move task. */
export interface MessageMove {
  readonly state: 'running' | 'done' | 'failed';
  readonly moved: number;
  /** Of a move that failed. */
  readonly reason?: string;
}

/** Moves all messages of a dead-letter queue back to their queue. */
export interface QueueMover {
  /** Starts a task, or joins a running one. @returns false when the service does not have such tasks. */
  start(): Promise<boolean>;
  read(): Promise<MessageMove>;
  /** Stops a running task. @returns about how many messages it has moved. */
  stop(): Promise<number>;
}
