import { type AwsAnswer, type AwsCall, AwsError } from './aws-call.ts';
import {
  answerReceive,
  changeVisibility,
  forEachEntry,
  isRequested,
  md5,
  pick,
  readNumber,
  type SqsInput,
  sendMessage,
  sendMessages,
  sqsError,
  systemAttributes,
} from './queue-messages.ts';
import { createMoveTasks } from './queue-moves.ts';
import {
  checkQueueAttributes,
  countMessages,
  deleteMessage,
  type MessageAttribute,
  passTime,
  queueArn,
  receiveMessages,
  type StoredQueue,
} from './queue-store.ts';
import { ACCOUNT_ID } from './world.ts';

/** A message as an event source receives it. */
export interface ReceivedMessage {
  readonly receiptHandle: string;
  readonly messageId: string;
  readonly body: string;
  readonly md5OfBody: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: Readonly<Record<string, MessageAttribute>>;
}

/** SQS, with an interface for Lambda's poller. */
export interface Queues {
  handle(call: AwsCall): Promise<AwsAnswer>;
  /** Receives up to `max` messages without waiting; `undefined` when the queue does not exist. */
  receive(queueArn: string, max: number): readonly ReceivedMessage[] | undefined;
  remove(queueArn: string, receiptHandle: string): void;
  /** Returns a queue's settings; `undefined` when it does not exist. */
  attributes(queueArn: string): Readonly<Record<string, string>> | undefined;
  /** See {@link passTime}. */
  passTime(milliseconds: number): void;
  snapshot(): readonly StoredQueue[];
}

export interface QueuesOptions {
  /** How long the name of a deleted queue stays reserved; on AWS, a minute. */
  readonly nameDelayMs: number;
  readonly now: () => number;
  /** The beginning of queue URLs. Default: that of the request's URL. */
  readonly queueOrigin?: string | undefined;
  readonly snapshot?: readonly StoredQueue[];
}

const DEFAULTS = {
  VisibilityTimeout: '30',
  DelaySeconds: '0',
  MaximumMessageSize: '1048576',
  MessageRetentionPeriod: '345600',
  ReceiveMessageWaitTimeSeconds: '0',
};

/**
 * Starts SQS with standard queues. No emulator on npm saves and restores receive counts and receipts, reports the source
 * of a dead letter, or can advance time.
 */
export function startQueues({ nameDelayMs, now, queueOrigin, snapshot = [] }: QueuesOptions): Queues {
  const store = new Map(snapshot.map((queue) => [queue.arn, queue]));
  const deletedAt = new Map<string, number>();
  const moves = createMoveTasks(store, now);

  /** Finds a queue by its name: its URL may contain the port of an earlier run. */
  function findQueue(name: unknown, region: string): StoredQueue {
    const queue = store.get(queueArn(String(name).split('/').at(-1) ?? '', region));
    if (queue) return queue;
    throw sqsError('QueueDoesNotExist', 'The specified queue does not exist.', 'NonExistentQueue');
  }

  function createQueue(input: SqsInput, region: string): StoredQueue {
    const name = String(input.QueueName ?? '');
    if (!/^[\w-]{1,80}$/.test(name)) {
      throw new AwsError(
        400,
        'InvalidParameterValue',
        'Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length',
      );
    }
    const attributes = (input.Attributes ?? {}) as Record<string, string>;
    checkQueueAttributes(store, attributes);
    const arn = queueArn(name, region);
    const existing = store.get(arn);
    if (existing) {
      const other = Object.keys(attributes).find((key) => existing.attributes[key] !== attributes[key]);
      if (other === undefined) return existing;
      throw sqsError(
        'QueueNameExists',
        `A queue already exists with the same name and a different value for attribute ${other}`,
      );
    }
    if (now() < (deletedAt.get(arn) ?? Number.NEGATIVE_INFINITY) + nameDelayMs) {
      throw sqsError(
        'QueueDeletedRecently',
        'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
      );
    }
    const tags = { ...(input.tags as Record<string, string> | undefined) };
    const times = { createdAt: now(), changedAt: now() };
    const queue = { name, arn, attributes: { ...DEFAULTS, ...attributes }, tags, messages: [], ...times };
    store.set(arn, queue);
    return queue;
  }

  function serve(action: string, input: SqsInput, call: AwsCall): object | Promise<object> {
    const urlOf = ({ name }: StoredQueue) => `${queueOrigin ?? call.url.origin}/${ACCOUNT_ID}/${name}`;
    switch (action) {
      case 'CreateQueue':
        return { QueueUrl: urlOf(createQueue(input, call.region)) };
      case 'GetQueueUrl':
        return { QueueUrl: urlOf(findQueue(input.QueueName, call.region)) };
      case 'ListQueues': {
        const prefix = queueArn(String(input.QueueNamePrefix ?? ''), call.region);
        return { QueueUrls: [...store.values()].filter(({ arn }) => arn.startsWith(prefix)).map(urlOf) };
      }
      case 'StartMessageMoveTask': {
        const destination = input.DestinationArn;
        return moves.start(
          String(input.SourceArn),
          destination === undefined ? destination : String(destination),
        );
      }
      case 'ListMessageMoveTasks':
        return moves.list(String(input.SourceArn), readNumber(input, 'MaxResults', 1, 10));
    }
    const queue = findQueue(input.QueueUrl, call.region);
    switch (action) {
      case 'DeleteQueue':
        store.delete(queue.arn);
        deletedAt.set(queue.arn, now());
        return {};
      case 'GetQueueAttributes': {
        const names = [input.AttributeNames ?? []].flat();
        return { Attributes: pick(attributesOf(queue, now()), (name) => isRequested(name, names)) };
      }
      case 'SetQueueAttributes': {
        const attributes = (input.Attributes ?? {}) as Record<string, string>;
        checkQueueAttributes(store, attributes);
        Object.assign(queue.attributes, attributes);
        // An empty value removes the attribute.
        for (const [name, value] of Object.entries(attributes))
          if (value === '') delete queue.attributes[name];
        queue.changedAt = now();
        return {};
      }
      case 'TagQueue':
        Object.assign(queue.tags, input.Tags);
        return {};
      case 'UntagQueue':
        for (const key of [input.TagKeys ?? []].flat()) delete queue.tags[String(key)];
        return {};
      case 'ListQueueTags':
        return { Tags: queue.tags };
      case 'PurgeQueue':
        queue.messages = [];
        return {};
      case 'SendMessage':
        return sendMessage(queue, input, now());
      case 'SendMessageBatch':
        return sendMessages(queue, input, now());
      case 'ReceiveMessage':
        return answerReceive({ store, now }, queue, input, call);
      case 'DeleteMessage':
        deleteMessage(queue, String(input.ReceiptHandle));
        return {};
      case 'DeleteMessageBatch':
        return forEachEntry(input, ({ ReceiptHandle }) => {
          deleteMessage(queue, String(ReceiptHandle));
        });
      case 'ChangeMessageVisibility':
        return changeVisibility(queue, input, now());
      case 'ChangeMessageVisibilityBatch':
        return forEachEntry(input, (entry) => changeVisibility(queue, entry, now()));
      default:
        throw new AwsError(400, 'InvalidAction', `The sandbox's SQS does not implement ${action}.`);
    }
  }

  return {
    async handle(call) {
      const action = String(call.headers['x-amz-target'] ?? '').replace('AmazonSQS.', '');
      const output = await serve(action, JSON.parse(call.body.toString() || '{}'), call);
      const headers = { 'content-type': 'application/x-amz-json-1.0' };
      return { status: 200, headers, body: JSON.stringify(output) };
    },
    receive(arn, max) {
      const queue = store.get(arn);
      if (!queue) return undefined;
      return receiveMessages(store, queue, now(), max).map((message) => ({
        receiptHandle: message.receiptHandle ?? '',
        messageId: message.messageId,
        body: message.body,
        md5OfBody: md5(message.body),
        attributes: systemAttributes(message),
        messageAttributes: message.messageAttributes,
      }));
    },
    remove(arn, receiptHandle) {
      const queue = store.get(arn);
      if (queue) deleteMessage(queue, receiptHandle);
    },
    attributes: (arn) => store.get(arn)?.attributes,
    passTime: (milliseconds) => passTime(store, milliseconds),
    snapshot: () => [...store.values()],
  };
}

function attributesOf(queue: StoredQueue, now: number): Record<string, string> {
  const { visible, inFlight, delayed } = countMessages(queue, now);
  return {
    ...queue.attributes,
    QueueArn: queue.arn,
    ApproximateNumberOfMessages: String(visible),
    ApproximateNumberOfMessagesNotVisible: String(inFlight),
    ApproximateNumberOfMessagesDelayed: String(delayed),
    CreatedTimestamp: String(Math.floor(queue.createdAt / 1000)),
    LastModifiedTimestamp: String(Math.floor(queue.changedAt / 1000)),
  };
}
