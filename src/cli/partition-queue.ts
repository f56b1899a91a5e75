import {
  ChangeMessageVisibilityBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { UserError } from '../errors.ts';
import { parseMessage } from '../message/parse-message.ts';
import type { PartitionMessage } from '../message/partition-message.ts';
import { writeMessage } from '../message/write-message.ts';

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

/** A look hides what it sees for so long, at most: it gives everything back at its end. */
const LOOK_SECONDS = 30;
/** Further dead letters are not looked at. */
const MAX_LOOKS = 100;

/**
 * Finds the queues by their name.
 * @throws {UserError} when one of them is not there.
 */
export async function findPartitionQueue(
  { sqs }: { readonly sqs: Pick<SQSClient, 'send'> },
  queueName: string,
): Promise<PartitionQueue> {
  const queueUrl = await findQueue({ sqs }, queueName);
  const deadLetterQueueUrl = await findQueue({ sqs }, `${queueName}-dlq`);
  return {
    async send(message) {
      const input = { QueueUrl: queueUrl, MessageBody: writeMessage(message) };
      const { MessageId = '' } = await sqs.send(new SendMessageCommand(input));
      return MessageId;
    },

    async findDeadLetter(run) {
      if ((await countMessages({ sqs }, deadLetterQueueUrl)) === 0) return undefined;
      const looked: Message[] = [];
      try {
        for (let look = 0; look < MAX_LOOKS; look += 1) {
          const letters = await receive({ sqs }, deadLetterQueueUrl);
          looked.push(...letters);
          const ours = letters.find((letter) => runOf(letter) === run);
          if (ours) return readDeadLetter(ours);
          if (letters.length === 0) return undefined;
        }
        return undefined;
      } finally {
        await giveBack({ sqs }, deadLetterQueueUrl, looked);
      }
    },

    countMessages: () => countMessages({ sqs }, queueUrl),
  };
}

type Deps = { readonly sqs: Pick<SQSClient, 'send'> };

async function findQueue({ sqs }: Deps, name: string): Promise<string> {
  try {
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: name }));
    if (QueueUrl !== undefined) return QueueUrl;
  } catch (cause) {
    // SQS has had two names for it since its JSON protocol.
    const isAbsent = cause instanceof Error && /QueueDoesNotExist|NonExistentQueue/.test(cause.name);
    if (!isAbsent) throw cause;
  }
  throw new UserError(`There is no queue "${name}" here: run "tdd deploy", or give its --queue-name.`);
}

async function receive({ sqs }: Deps, url: string): Promise<Message[]> {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({
      QueueUrl: url,
      MaxNumberOfMessages: 10,
      VisibilityTimeout: LOOK_SECONDS,
      // With a wait SQS asks all its servers, and misses none.
      WaitTimeSeconds: 1,
      MessageAttributeNames: ['All'],
    }),
  );
  return Messages;
}

async function giveBack({ sqs }: Deps, url: string, messages: readonly Message[]): Promise<void> {
  for (let from = 0; from < messages.length; from += 10) {
    const Entries = messages.slice(from, from + 10).map(({ ReceiptHandle }, i) => ({
      Id: String(i),
      ReceiptHandle,
      VisibilityTimeout: 0,
    }));
    await sqs.send(new ChangeMessageVisibilityBatchCommand({ QueueUrl: url, Entries }));
  }
}

async function countMessages({ sqs }: Deps, url: string): Promise<number> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({
      QueueUrl: url,
      AttributeNames: [
        'ApproximateNumberOfMessages',
        'ApproximateNumberOfMessagesNotVisible',
        'ApproximateNumberOfMessagesDelayed',
      ],
    }),
  );
  return Object.values(Attributes).reduce((sum, count) => sum + Number(count), 0);
}

/** A worker tells the run in an attribute; of a worker that crashed there is only the body. */
function runOf({ Body = '', MessageAttributes }: Message): string | undefined {
  const run = MessageAttributes?.run?.StringValue;
  if (run !== undefined) return run;
  try {
    return parseMessage(Body).run;
  } catch {
    return undefined; // No message of ours.
  }
}

function readDeadLetter({ MessageAttributes }: Message): RunDeadLetter {
  const reason = MessageAttributes?.reason?.StringValue;
  return reason === undefined ? {} : { reason };
}
