import { randomUUID } from 'node:crypto';
import { AwsError } from './aws-call.ts';
import { ACCOUNT_ID } from './world.ts';

/** A message as plain JSON, which can be saved. Times are epoch milliseconds. */
export interface StoredMessage {
  readonly messageId: string;
  readonly body: string;
  readonly messageAttributes: Readonly<Record<string, MessageAttribute>>;
  sentAt: number;
  receiveCount: number;
  firstReceivedAt?: number;
  /** The message is hidden until then: delayed before the first receive, otherwise in flight. */
  visibleAt: number;
  /** The receipt of the latest receive, the only valid one. */
  receiptHandle?: string;
  /** The queue from which a redrive policy moved the message. */
  deadLetterSourceArn?: string;
}

export interface MessageAttribute {
  readonly DataType: string;
  readonly StringValue?: string;
  readonly BinaryValue?: string;
}

/** A standard queue as plain JSON. */
export interface StoredQueue {
  readonly name: string;
  readonly arn: string;
  /** The attributes that can be set, as SQS spells them. */
  readonly attributes: Record<string, string>;
  readonly tags: Record<string, string>;
  readonly createdAt: number;
  changedAt: number;
  /** In the order in which they will be received. */
  messages: StoredMessage[];
}

interface RedrivePolicy {
  readonly deadLetterTargetArn?: string;
  readonly maxReceiveCount?: number | string;
}

/** Queues by their ARN. */
export type QueueStore = Map<string, StoredQueue>;

export function queueArn(name: string, region: string): string {
  return `arn:aws:sqs:${region}:${ACCOUNT_ID}:${name}`;
}

/**
 * Receives up to `max` visible messages and hides them. A message that was received too often is moved to the dead-letter
 * queue, if there is one.
 * @param visibilitySeconds the visibility timeout; defaults to that of the queue.
 */
export function receiveMessages(
  store: QueueStore,
  queue: StoredQueue,
  now: number,
  max: number,
  visibilitySeconds = Number(queue.attributes.VisibilityTimeout),
): StoredMessage[] {
  const policy: RedrivePolicy = JSON.parse(queue.attributes.RedrivePolicy ?? '{}');
  const deadLetterQueue = store.get(policy.deadLetterTargetArn ?? '');
  const received: StoredMessage[] = [];
  const dead = new Set<StoredMessage>();
  for (const message of queue.messages) {
    if (received.length >= max) break;
    if (message.visibleAt > now) continue;
    message.receiveCount += 1;
    message.firstReceivedAt ??= now;
    if (deadLetterQueue && message.receiveCount > Number(policy.maxReceiveCount)) {
      message.deadLetterSourceArn = queue.arn;
      delete message.receiptHandle;
      dead.add(message);
    } else {
      message.receiptHandle = randomUUID();
      message.visibleAt = now + visibilitySeconds * 1000;
      received.push(message);
    }
  }
  deadLetterQueue?.messages.push(...dead);
  // Received messages go to the end of the queue, so that a poison message does not block the others.
  const gone = new Set([...received, ...dead]);
  queue.messages = [...queue.messages.filter((message) => !gone.has(message)), ...received];
  return received;
}

/** Deletes a message by its receipt, even if it is visible again. An outdated receipt deletes nothing. */
export function deleteMessage(queue: StoredQueue, receiptHandle: string): void {
  const at = queue.messages.findIndex((message) => message.receiptHandle === receiptHandle);
  if (at >= 0) queue.messages.splice(at, 1);
}

/** Counts the messages by state; SQS calls these numbers approximate. */
export function countMessages({ messages }: StoredQueue, now: number) {
  const hidden = messages.filter(({ visibleAt }) => visibleAt > now);
  const inFlight = hidden.filter(({ receiptHandle }) => receiptHandle !== undefined).length;
  return { visible: messages.length - hidden.length, inFlight, delayed: hidden.length - inFlight };
}

/**
 * Advances the time of all messages: visibility timeouts and delays end earlier, and messages are older.
 */
export function passTime(store: QueueStore, milliseconds: number): void {
  for (const message of [...store.values()].flatMap(({ messages }) => messages)) {
    message.visibleAt -= milliseconds;
    message.sentAt -= milliseconds;
    if (message.firstReceivedAt !== undefined) message.firstReceivedAt -= milliseconds;
  }
}

/** The ranges of SQS's numeric attributes. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html */
const RANGES: Readonly<Record<string, readonly [least: number, most: number]>> = {
  VisibilityTimeout: [0, 43_200],
  DelaySeconds: [0, 900],
  ReceiveMessageWaitTimeSeconds: [0, 20],
  MaximumMessageSize: [1_024, 1_048_576],
  MessageRetentionPeriod: [60, 1_209_600],
};

/** @throws {AwsError} for an unknown attribute, a number out of range or an invalid redrive policy. */
export function checkQueueAttributes(store: QueueStore, attributes: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(attributes)) {
    const range = RANGES[name];
    if (range) {
      const [least, most] = range;
      if (Number.isInteger(Number(value)) && Number(value) >= least && Number(value) <= most) continue;
      throw new AwsError(400, 'InvalidAttributeValue', `Invalid value for the parameter ${name}.`);
    }
    if (name !== 'RedrivePolicy' && name !== 'Policy') {
      throw new AwsError(400, 'InvalidAttributeName', `Unknown Attribute ${name}.`);
    }
  }
  if (attributes.RedrivePolicy) checkRedrivePolicy(store, attributes.RedrivePolicy);
}

function checkRedrivePolicy(store: QueueStore, text: string): void {
  const refuse = (reason: string) =>
    new AwsError(
      400,
      'InvalidParameterValue',
      `Value ${text} for parameter RedrivePolicy is invalid. Reason: ${reason}`,
    );
  let policy: RedrivePolicy;
  try {
    policy = JSON.parse(text);
  } catch {
    throw refuse('Redrive policy is not a valid JSON map.');
  }
  if (!store.has(policy.deadLetterTargetArn ?? '')) throw refuse('Dead letter target does not exist.');
  const receives = Number(policy.maxReceiveCount);
  if (!Number.isInteger(receives) || receives < 1 || receives > 1000) {
    throw refuse('Invalid value for maxReceiveCount.');
  }
}
