import type { Partition } from '../partition.ts';

/** A message to send. */
export interface QueueEntry {
  /** Unlike the others of its batch. */
  readonly id: string;
  readonly body: string;
}

/** What the queue says to a batch; an entry that is in neither list was not sent. */
export interface SendAnswer {
  /** Ids. */
  readonly accepted: readonly string[];
  readonly failed: readonly { readonly id: string; readonly reason: string; readonly senderFault: boolean }[];
}

/** Takes messages. */
export interface QueueSender {
  /** At most ten entries. @throws {UserError} when SQS refuses the whole call. */
  sendBatch(entries: readonly QueueEntry[]): Promise<SendAnswer>;
}

/** How many messages a queue has, as far as SQS knows (its counts are approximate). */
export interface QueueDepths {
  /** Ready to be taken. */
  readonly waiting: number;
  /** Taken, not yet done: with a worker, or waiting for the next try. */
  readonly inFlight: number;
  /** Not ready yet. */
  readonly delayed: number;
  /** How long the queue keeps a message, seconds. */
  readonly retentionSeconds: number;
}

/** How many messages a queue holds in all; 0 when it does not exist. */
export function countMessages(depths: QueueDepths | undefined): number {
  return depths === undefined ? 0 : depths.waiting + depths.inFlight + depths.delayed;
}

/**
 * A queue that has shown no message for so long has none: its counts can lag a minute behind.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html
 */
export const SURELY_EMPTY_MS = 120_000;

/** Looks at a queue. */
export interface QueueReader {
  /** @returns nothing when there is no such queue. */
  readDepths(): Promise<QueueDepths | undefined>;
}

/** A message taken from a queue for a while. */
export interface TakenMessage {
  readonly id: string;
  /** What to give back or delete it by. */
  readonly receipt: string;
  readonly body: string;
  /** Its partition; absent when the body is no message of ours. */
  readonly partition?: Partition;
  /** Epoch ms. */
  readonly sentAtMs: number;
  /** Why a worker gave it up. Absent: the worker crashed. */
  readonly reason?: string;
  /** The run that gave it up, or in which it was sent. */
  readonly run?: string;
  /** ISO instant: when it was given up. */
  readonly at?: string;
}

/** Takes messages and gives them back. */
export interface QueueTaker {
  /** At most ten messages, hidden from others for so long. */
  take(visibilitySeconds: number): Promise<readonly TakenMessage[]>;
  /** Shows messages to others again; a failure is harmless, for time does the same. At most ten. */
  giveBack(receipts: readonly string[]): Promise<void>;
  /** At most ten. @returns the receipts that could not be deleted. */
  delete(receipts: readonly string[]): Promise<readonly string[]>;
}

/** How SQS moves dead letters by itself. */
export interface MessageMove {
  readonly state: 'running' | 'done' | 'failed';
  readonly moved: number;
  /** Of a move that failed. */
  readonly reason?: string;
}

/** Moves all messages of a dead-letter queue to where they came from. */
export interface QueueMover {
  /** Starts a task, or joins the one that runs already. @returns false when the service has no such task. */
  start(): Promise<boolean>;
  read(): Promise<MessageMove>;
  /** Tells a task that runs to stop. @returns about how many messages it has moved. */
  stop(): Promise<number>;
}
