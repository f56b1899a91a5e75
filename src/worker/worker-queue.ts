import type { SqsQueue } from '../aws/queue.ts';

/** What the worker does with its two queues, beside what Lambda's poller does for it. */
export interface WorkerQueue {
  /** Hides a message that is in work for so many seconds from now: 0 to 43,200. */
  setVisibility(receiptHandle: string, seconds: number): Promise<void>;
  /** Puts a message on the queue, to be received after so many seconds: 0 to 900. */
  send(body: string, delaySeconds: number): Promise<void>;
  /** Puts a message on the dead-letter queue. */
  sendDeadLetter(body: string, attributes: DeadLetterAttributes): Promise<void>;
}

/** Why a message is a dead letter. One without attributes was put there by SQS: its worker crashed. */
export interface DeadLetterAttributes {
  /** A sentence. */
  readonly reason: string;
  /** The run's name; a message that could not be read has none. */
  readonly run?: string;
  /** ISO instant. */
  readonly at: string;
}

/** The worker's two queues at SQS. Its methods throw what those of {@link SqsQueue} throw. */
export function createWorkerQueue({
  queue,
  deadLetters,
}: {
  readonly queue: Pick<SqsQueue, 'send' | 'setVisibility'>;
  readonly deadLetters: Pick<SqsQueue, 'send'>;
}): WorkerQueue {
  return {
    setVisibility: (receiptHandle, seconds) => queue.setVisibility(receiptHandle, seconds),
    async send(body, delaySeconds) {
      await queue.send(body, { delaySeconds });
    },
    async sendDeadLetter(body, attributes) {
      await deadLetters.send(body, { attributes: { ...attributes } });
    },
  };
}
