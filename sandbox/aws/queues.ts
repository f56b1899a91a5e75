import { setTimeout as delay } from 'node:timers/promises';
import { type AwsAnswer, type AwsCall, AwsError } from './aws-call.ts';
import { type Fauxqs, openFauxqs, type StoredMessage } from './fauxqs-store.ts';
import { passTime } from './pass-time.ts';
import { createMoveTasks } from './queue-moves.ts';
import { putDown, type QueueSnapshot, takeUp } from './queue-snapshot.ts';
import { nameOf, storeUrl } from './queue-urls.ts';
import { checkRedrivePolicy } from './redrive-policy.ts';
import { ACCOUNT_ID } from './world.ts';

/** A message as an event source takes it. */
export interface ReceivedMessage {
  readonly receiptHandle: string;
  readonly messageId: string;
  readonly body: string;
  readonly md5OfBody: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly messageAttributes: Readonly<Record<string, unknown>>;
}

/** SQS, and the door that Lambda's poller uses. */
export interface Queues {
  handle(call: AwsCall): Promise<AwsAnswer>;
  /** Takes up to `max` messages, at once. `undefined` when there is no such queue. */
  receive(queueArn: string, max: number): readonly ReceivedMessage[] | undefined;
  remove(queueArn: string, receiptHandle: string): void;
  /** A queue's settings, or `undefined` when there is none. */
  attributes(queueArn: string): Readonly<Record<string, string>> | undefined;
  /** See {@link passTime}. */
  passTime(milliseconds: number): void;
  snapshot(): readonly QueueSnapshot[];
  stop(): Promise<void>;
}

export interface QueuesOptions {
  readonly region: string;
  /** How long the name of a deleted queue is taken: a minute on AWS. */
  readonly nameDelayMs: number;
  readonly now: () => number;
  readonly snapshot?: readonly QueueSnapshot[];
}

/** How often a long poll looks. fauxqs' own long poll would hand messages to clients that went away. */
const LOOK_MS = 25;

/** SQS by fauxqs, with what it lacks: names freed late, dead-letter queues that must exist, message moves. */
export async function startQueues({ region, nameDelayMs, now, snapshot }: QueuesOptions): Promise<Queues> {
  const fauxqs = await openFauxqs(region);
  const { store } = fauxqs;
  const deletedAt = new Map<string, number>();
  const moves = createMoveTasks(store, now);
  for (const queue of snapshot ?? []) takeUp(store, queue);

  async function handle(call: AwsCall): Promise<AwsAnswer> {
    const target = String(call.headers['x-amz-target'] ?? '');
    const action = target.replace('AmazonSQS.', '');
    const input = JSON.parse(call.body.toString() || '{}') as Record<string, unknown>;
    if (typeof input.QueueUrl === 'string') input.QueueUrl = storeUrl(input.QueueUrl, call.region);
    store.processAllTimers();
    checkRedrivePolicy(store, input.Attributes);
    const moved = moves.handle(action, input);
    if (moved) return moved;
    if (action === 'CreateQueue') {
      const deleted = deletedAt.get(`${call.region}/${input.QueueName}`) ?? Number.NEGATIVE_INFINITY;
      if (now() < deleted + nameDelayMs) {
        throw new AwsError(
          400,
          'QueueDeletedRecently',
          'You must wait 60 seconds after deleting a queue before you can create another with the same name.',
          { 'x-amzn-query-error': 'AWS.SimpleQueueService.QueueDeletedRecently;Sender' },
        );
      }
    }
    const send = (changed = input) => fauxqs.call(target, String(call.headers.authorization), changed);
    let answer = await (action === 'ReceiveMessage' ? receiveLong(call, input, send) : send());
    if (answer.status === 200 && action === 'DeleteQueue') {
      deletedAt.set(`${call.region}/${nameOf(String(input.QueueUrl))}`, now());
    }
    if (action === 'ReceiveMessage') answer = { ...answer, body: addSource(fauxqs, input, answer.body) };
    return {
      ...answer,
      body: answer.body.replaceAll(/http:\/\/sqs\.[a-z0-9-]+\.localhost/g, call.url.origin),
    };
  }

  async function receiveLong(
    call: AwsCall,
    input: Record<string, unknown>,
    send: (changed: Record<string, unknown>) => ReturnType<Fauxqs['call']>,
  ) {
    const queue = store.getQueue(String(input.QueueUrl));
    const waitSeconds = Number(input.WaitTimeSeconds ?? queue?.attributes.ReceiveMessageWaitTimeSeconds ?? 0);
    const deadline = now() + Math.min(20, waitSeconds) * 1000;
    while (queue && waitSeconds > 0 && now() < deadline && !call.isAborted()) {
      store.processAllTimers();
      if (queue.messages.length > 0) break;
      await delay(LOOK_MS);
    }
    // Nobody would read the answer: a message that was taken now would be lost until its visibility time-out.
    if (call.isAborted()) return { status: 200, headers: {}, body: '{}' };
    return send(waitSeconds > 20 ? input : { ...input, WaitTimeSeconds: 0 });
  }

  return {
    handle,
    receive(queueArn, max) {
      const queue = store.getQueueByArn(queueArn);
      return queue
        ?.dequeue(max, undefined, (arn) => store.getQueueByArn(arn))
        .map(({ MessageId, ReceiptHandle, Body, MD5OfBody, MessageAttributes }) => ({
          receiptHandle: ReceiptHandle,
          messageId: MessageId,
          body: Body,
          md5OfBody: MD5OfBody,
          attributes: systemAttributes(queue.inflightMessages.get(ReceiptHandle)?.message),
          messageAttributes: (MessageAttributes ?? {}) as Record<string, unknown>,
        }));
    },
    remove: (queueArn, receiptHandle) => void store.getQueueByArn(queueArn)?.deleteMessage(receiptHandle),
    attributes: (queueArn) => store.getQueueByArn(queueArn)?.attributes,
    passTime: (milliseconds) => passTime(store, milliseconds),
    snapshot: () => [...store.queues.values()].map(putDown),
    stop: () => fauxqs.close(),
  };
}

function systemAttributes(message: StoredMessage | undefined): Record<string, string> {
  if (!message) return {};
  return {
    ApproximateReceiveCount: String(message.approximateReceiveCount),
    SentTimestamp: String(message.sentTimestamp),
    ApproximateFirstReceiveTimestamp: String(message.approximateFirstReceiveTimestamp),
    SenderId: ACCOUNT_ID,
    ...(message.deadLetterSourceArn ? { DeadLetterQueueSourceArn: message.deadLetterSourceArn } : {}),
  };
}

function addSource({ store }: Fauxqs, input: Record<string, unknown>, body: string): string {
  const asked = [input.AttributeNames, input.MessageSystemAttributeNames].flat();
  if (!asked.includes('All') && !asked.includes('DeadLetterQueueSourceArn')) return body;
  const answer = JSON.parse(body) as {
    Messages?: { ReceiptHandle: string; Attributes?: Record<string, string> }[];
  };
  const inFlight = store.getQueue(String(input.QueueUrl))?.inflightMessages;
  for (const message of answer.Messages ?? []) {
    const source = inFlight?.get(message.ReceiptHandle)?.message.deadLetterSourceArn;
    if (source) message.Attributes = { ...message.Attributes, DeadLetterQueueSourceArn: source };
  }
  return JSON.stringify(answer);
}
