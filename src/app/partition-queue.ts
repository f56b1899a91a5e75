import type { SqsQueue } from '../aws/queue.ts';
import type { QueueDepths } from '../aws/queue-interface.ts';
import { type PartitionMessage, writeMessage } from '../message.ts';
import { type DeadLetterQueue, giveAllBack, takeEach } from './dead-letters.ts';

/** The workers' queue and its dead-letter queue, as one who sends a single partition sees them. */
export interface PartitionQueue {
  /** Sends a partition. @returns the message's id. */
  send(message: PartitionMessage): Promise<string>;
  /** Looks for a run among the dead letters, all of which stay there. */
  findDeadLetter(run: string): Promise<RunDeadLetter | undefined>;
  /** Messages that wait, are with a worker or are hidden for a later try; SQS counts roughly. */
  countMessages(): Promise<number>;
}

/** What a dead letter says. */
export interface RunDeadLetter {
  /** Absent when the worker crashed. */
  readonly reason?: string;
}

/** The queues must be there; all methods throw what those of the queues throw. */
export function createPartitionQueue({
  queue,
  deadLetters,
}: {
  readonly queue: Pick<SqsQueue, 'send' | 'readDepths'>;
  readonly deadLetters: DeadLetterQueue;
}): PartitionQueue {
  return {
    send: (message) => queue.send(writeMessage(message)),
    async countMessages() {
      const depths = await queue.readDepths();
      return depths === undefined ? 0 : sumOf(depths);
    },

    async findDeadLetter(run) {
      const depths = await deadLetters.readDepths();
      if (depths === undefined || sumOf(depths) === 0) return undefined;
      const receipts: string[] = [];
      try {
        for await (const letters of takeEach(deadLetters, depths)) {
          receipts.push(...letters.map(({ receipt }) => receipt));
          const ours = letters.find((letter) => letter.run === run);
          if (ours) return ours.reason === undefined ? {} : { reason: ours.reason };
        }
        return undefined;
      } finally {
        // What is not given back shows itself after a while.
        await giveAllBack(deadLetters, receipts).catch(() => undefined);
      }
    },
  };
}

function sumOf({ waiting, inFlight, delayed }: QueueDepths): number {
  return waiting + inFlight + delayed;
}
