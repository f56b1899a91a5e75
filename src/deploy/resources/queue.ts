import {
  CreateQueueCommand,
  DeleteQueueCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueueTagsCommand,
  type QueueAttributeName,
  SetQueueAttributesCommand,
  TagQueueCommand,
} from '@aws-sdk/client-sqs';
import type { DeployClients } from '../../aws/clients.ts';
import { isServiceError, orAbsent } from '../../aws/errors.ts';
import type { Clock } from '../../clock.ts';
import { MAX_RECEIVE_COUNT, RETENTION_SECONDS, VISIBILITY_TIMEOUT_SECONDS } from '../../worker-contract.ts';
import { type Change, diffProperties, type Properties } from '../change.ts';
import { type DeploymentNames, STACK_TAG } from '../names.ts';
import { retryWhile, waitFor } from '../wait.ts';

/** A queue as it is. */
export interface ObservedQueue {
  readonly url: string;
  readonly ours: boolean;
  /** Roughly, as SQS says: those waiting, in flight and delayed. */
  readonly messages: number;
  readonly properties: Properties;
}

export interface QueueDeps {
  readonly sqs: DeployClients['sqs'];
  readonly clock: Clock;
}

/** Reads a queue's state, or `undefined` when there is none of this name. */
export async function observeQueue(
  { sqs }: Pick<DeployClients, 'sqs'>,
  queue: string,
  names: DeploymentNames,
): Promise<ObservedQueue | undefined> {
  const found = await orAbsent(sqs.send(new GetQueueUrlCommand({ QueueName: queue })), ...QUEUE_ABSENT);
  const url = found?.QueueUrl;
  if (url === undefined) return undefined;
  // A queue that is just being deleted still has a URL.
  const answer = await orAbsent(
    sqs.send(new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] })),
    ...QUEUE_ABSENT,
  );
  const tags = await orAbsent(sqs.send(new ListQueueTagsCommand({ QueueUrl: url })), ...QUEUE_ABSENT);
  if (!answer || !tags) return undefined;
  const attributes = answer.Attributes ?? {};
  const tag = tags.Tags?.[STACK_TAG];
  return {
    url,
    ours: tag === names.stack,
    messages: sum(
      attributes.ApproximateNumberOfMessages,
      attributes.ApproximateNumberOfMessagesNotVisible,
      attributes.ApproximateNumberOfMessagesDelayed,
    ),
    properties: {
      [STACK_TAG]: tag,
      VisibilityTimeout: attributes.VisibilityTimeout,
      MessageRetentionPeriod: attributes.MessageRetentionPeriod,
      RedrivePolicy: describeRedrive(attributes.RedrivePolicy),
    },
  };
}

/** What differs from how the queue that the workers take from shall be. */
export function diffQueue(observed: ObservedQueue, names: DeploymentNames): Change[] {
  return diffProperties(observed.properties, { [STACK_TAG]: names.stack, ...queueAttributes(names) });
}

/** What differs from how the dead-letter queue shall be. */
export function diffDeadLetterQueue(observed: ObservedQueue, names: DeploymentNames): Change[] {
  return diffProperties(observed.properties, { [STACK_TAG]: names.stack, ...deadLetterQueueAttributes() });
}

/** The attributes of the queue that the workers take from. */
export function queueAttributes(names: DeploymentNames): QueueAttributes {
  return {
    VisibilityTimeout: String(VISIBILITY_TIMEOUT_SECONDS),
    MessageRetentionPeriod: String(RETENTION_SECONDS),
    RedrivePolicy: JSON.stringify({
      deadLetterTargetArn: names.deadLetterQueueArn,
      maxReceiveCount: MAX_RECEIVE_COUNT,
    }),
  };
}

/** The attributes of the dead-letter queue. */
export function deadLetterQueueAttributes(): QueueAttributes {
  return { MessageRetentionPeriod: String(RETENTION_SECONDS) };
}

export type QueueAttributes = Readonly<Partial<Record<QueueAttributeName, string>>>;

/**
 * Makes a queue. SQS refuses a name for a minute after its queue was deleted: that is waited for.
 * @returns its URL.
 */
export async function createQueue(
  { sqs, clock }: QueueDeps,
  queue: string,
  attributes: QueueAttributes,
  names: DeploymentNames,
  onWait?: () => void,
): Promise<string> {
  const command = new CreateQueueCommand({
    QueueName: queue,
    Attributes: attributes,
    tags: { [STACK_TAG]: names.stack },
  });
  const answer = await retryWhile(
    { clock, timeoutMs: 90_000, intervalMs: 5_000, onWait },
    (error) => isServiceError(error, ...DELETED_RECENTLY) || isTargetNotThere(error),
    () => sqs.send(command),
  );
  if (!answer.QueueUrl) throw new Error(`SQS gave no URL for the new queue ${queue}.`);
  return answer.QueueUrl;
}

/** Sets a queue's attributes. Those not named stay, and so do its messages. A new dead-letter queue is waited for. */
export async function setQueueAttributes(
  { sqs, clock }: QueueDeps,
  url: string,
  attributes: QueueAttributes,
  onWait?: () => void,
): Promise<void> {
  const command = new SetQueueAttributesCommand({ QueueUrl: url, Attributes: attributes });
  await retryWhile({ clock, timeoutMs: SPREAD_MS, onWait }, isTargetNotThere, () => sqs.send(command));
}

/**
 * Deletes a queue, and waits until SQS no longer finds it, which takes up to a minute: until then it would look
 * as if it stayed. What is gone already is fine.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html
 */
export async function deleteQueue({ sqs, clock }: QueueDeps, queue: string): Promise<void> {
  const find = () => orAbsent(sqs.send(new GetQueueUrlCommand({ QueueName: queue })), ...QUEUE_ABSENT);
  const found = await find();
  if (!found) return;
  await orAbsent(sqs.send(new DeleteQueueCommand({ QueueUrl: found.QueueUrl })), ...QUEUE_ABSENT);
  const what = `The end of the queue ${JSON.stringify(queue)}`;
  await waitFor({ clock, timeoutMs: 90_000, what }, async () => ((await find()) ? undefined : 'gone'));
}

/** Gives a queue our tag. */
export async function tagQueue(
  { sqs }: Pick<DeployClients, 'sqs'>,
  url: string,
  names: DeploymentNames,
): Promise<void> {
  await sqs.send(new TagQueueCommand({ QueueUrl: url, Tags: { [STACK_TAG]: names.stack } }));
}

/** What SQS calls it when there is no such queue: two names for each of these since its JSON protocol. */
const QUEUE_ABSENT = ['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue'];
const DELETED_RECENTLY = ['QueueDeletedRecently', 'AWS.SimpleQueueService.QueueDeletedRecently'];

/** How long SQS may take to know everywhere what was made or set. */
const SPREAD_MS = 60_000;

function isTargetNotThere(error: unknown): boolean {
  return error instanceof Error && /dead letter target does not exist/i.test(error.message);
}

function describeRedrive(policy: string | undefined): string | undefined {
  if (!policy) return undefined;
  try {
    const { deadLetterTargetArn, maxReceiveCount } = JSON.parse(policy) as Record<string, unknown>;
    return JSON.stringify({ deadLetterTargetArn, maxReceiveCount: Number(maxReceiveCount) });
  } catch {
    // Not what SQS gives, so not what is wanted either: it is shown and replaced.
    return policy;
  }
}

function sum(...counts: readonly (string | undefined)[]): number {
  return counts.reduce((total, count) => total + Number(count ?? 0), 0);
}
