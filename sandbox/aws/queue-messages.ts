import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises';
import { type AwsCall, AwsError } from './aws-call.ts';
import {
  countMessages,
  type QueueStore,
  receiveMessages,
  type StoredMessage,
  type StoredQueue,
} from './queue-store.ts';
import { ACCOUNT_ID } from './world.ts';

/** The parameters of a call, or of an entry of a batch. */
export type SqsInput = Readonly<Record<string, unknown>>;

/** The interval at which a long poll checks the queue. */
const POLL_MS = 25;

/** The maximum total size of a batch's messages. */
const MAX_BATCH_BYTES = 1_048_576;

/** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html */
const INVALID_CHARACTER = /[^\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u;

/** SendMessage. */
export function sendMessage(
  queue: StoredQueue,
  input: SqsInput,
  now: number,
): { MessageId: string; MD5OfMessageBody: string } {
  const body = String(input.MessageBody ?? '');
  if (body === '') {
    throw new AwsError(400, 'MissingParameter', 'The request must contain the parameter MessageBody.');
  }
  if (INVALID_CHARACTER.test(body)) {
    throw new AwsError(400, 'InvalidMessageContents', 'Invalid binary character was found in the message.');
  }
  if (sizeOf(input) > Number(queue.attributes.MaximumMessageSize)) {
    throw new AwsError(
      400,
      'InvalidParameterValue',
      `One or more parameters are invalid. Reason: Message must be shorter than ${queue.attributes.MaximumMessageSize} bytes.`,
    );
  }
  const messageId = randomUUID();
  const messageAttributes = (input.MessageAttributes ?? {}) as StoredMessage['messageAttributes'];
  const delaySeconds = Number(input.DelaySeconds ?? queue.attributes.DelaySeconds);
  const times = { sentAt: now, visibleAt: now + delaySeconds * 1000, receiveCount: 0 };
  queue.messages.push({ messageId, body, messageAttributes, ...times });
  return { MessageId: messageId, MD5OfMessageBody: md5(body) };
}

/** SendMessageBatch. */
export function sendMessages(queue: StoredQueue, input: SqsInput, now: number): object {
  const bytes = readEntries(input).reduce((sum, entry) => sum + sizeOf(entry), 0);
  if (bytes > MAX_BATCH_BYTES) {
    throw sqsError(
      'BatchRequestTooLong',
      `Batch requests cannot be longer than ${MAX_BATCH_BYTES} bytes. You have sent ${bytes} bytes.`,
    );
  }
  return forEachEntry(input, (entry) => sendMessage(queue, entry, now));
}

/** ReceiveMessage. It waits for the first message for the wait time of the call or the queue. */
export async function answerReceive(
  { store, now }: { readonly store: QueueStore; readonly now: () => number },
  queue: StoredQueue,
  input: SqsInput,
  call: AwsCall,
): Promise<object> {
  const max = readNumber(input, 'MaxNumberOfMessages', 1, 10) ?? 1;
  const visibilitySeconds = readNumber(input, 'VisibilityTimeout', 0, 43_200);
  const waitSeconds =
    readNumber(input, 'WaitTimeSeconds', 0, 20) ?? Number(queue.attributes.ReceiveMessageWaitTimeSeconds);
  const deadline = now() + waitSeconds * 1000;
  // On a busy machine, a request may wait to be read for longer than its client waits. A connection's end is read a turn later.
  await nextTurn();
  await nextTurn();
  while (countMessages(queue, now()).visible === 0 && now() < deadline && !call.isAborted()) {
    await delay(POLL_MS);
  }
  // The caller has disconnected: a message received now would be hidden until its visibility timeout ends.
  if (call.isAborted()) return {};
  const messages = receiveMessages(store, queue, now(), max, visibilitySeconds);
  if (messages.length === 0) return {};
  const systemNames = [input.AttributeNames, input.MessageSystemAttributeNames].flat();
  const names = [input.MessageAttributeNames ?? []].flat().map(String);
  return {
    Messages: messages.map((message) => ({
      MessageId: message.messageId,
      ReceiptHandle: message.receiptHandle,
      Body: message.body,
      MD5OfBody: md5(message.body),
      Attributes: pick(systemAttributes(message), (name) => isRequested(name, systemNames)),
      MessageAttributes: pick(message.messageAttributes, (name) => isRequested(name, names)),
    })),
  };
}

/** ChangeMessageVisibility. */
export function changeVisibility(queue: StoredQueue, input: SqsInput, now: number): object {
  const seconds = readNumber(input, 'VisibilityTimeout', 0, 43_200) ?? 0;
  const message = queue.messages.find(({ receiptHandle }) => receiptHandle === input.ReceiptHandle);
  if (!message || message.visibleAt <= now) {
    throw sqsError(
      'MessageNotInflight',
      'Message does not exist or is not available for visibility timeout change.',
    );
  }
  message.visibleAt = now + seconds * 1000;
  return {};
}

/** Returns the system attributes of a received message. */
export function systemAttributes(message: StoredMessage): Record<string, string> {
  const { receiveCount, sentAt, firstReceivedAt, deadLetterSourceArn } = message;
  return {
    ApproximateReceiveCount: String(receiveCount),
    SentTimestamp: String(sentAt),
    ApproximateFirstReceiveTimestamp: String(firstReceivedAt),
    SenderId: ACCOUNT_ID,
    ...(deadLetterSourceArn ? { DeadLetterQueueSourceArn: deadLetterSourceArn } : {}),
  };
}

function readEntries(input: SqsInput): readonly SqsInput[] {
  const entries = (input.Entries ?? []) as readonly SqsInput[];
  if (entries.length === 0) {
    throw sqsError('EmptyBatchRequest', 'There should be at least one entry in the request.');
  }
  if (entries.length > 10) {
    throw sqsError('TooManyEntriesInBatchRequest', 'Maximum number of entries per request are 10.');
  }
  if (new Set(entries.map(({ Id }) => Id)).size < entries.length) {
    throw sqsError('BatchEntryIdsNotDistinct', 'Two or more batch entries in the request have the same Id.');
  }
  return entries;
}

/** Processes the entries of a batch. A rejected entry does not affect the others. */
export function forEachEntry(input: SqsInput, act: (entry: SqsInput) => object | undefined): object {
  const Successful: object[] = [];
  const Failed: object[] = [];
  for (const entry of readEntries(input)) {
    try {
      Successful.push({ Id: entry.Id, ...act(entry) });
    } catch (error) {
      if (!(error instanceof AwsError)) throw error;
      Failed.push({ Id: entry.Id, SenderFault: true, Code: error.code, Message: error.message });
    }
  }
  return { Successful, Failed };
}

/** Creates an error with its code in SQS's older protocol, which SDKs also use as the error's name. */
export function sqsError(code: string, message: string, olderCode = code): AwsError {
  const headers = { 'x-amzn-query-error': `AWS.SimpleQueueService.${olderCode};Sender` };
  return new AwsError(400, code, message, headers);
}

export function readNumber(input: SqsInput, name: string, least: number, most: number): number | undefined {
  if (input[name] === undefined) return undefined;
  const value = Number(input[name]);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new AwsError(
    400,
    'InvalidParameterValue',
    `Value ${input[name]} for parameter ${name} is invalid. Reason: Must be >= ${least} and <= ${most}, if provided.`,
  );
}

/** Whether an attribute was requested: with `All`, `.*`, its full name, or a prefix such as `reason.*`. */
export function isRequested(name: string, requested: readonly unknown[]): boolean {
  return requested.some((item) => {
    const wanted = String(item);
    if (wanted === 'All' || wanted === name) return true;
    return wanted.endsWith('.*') && name.startsWith(wanted.slice(0, -1).replace(/^\.$/, ''));
  });
}

/** Returns the selected entries; `undefined`, which JSON omits, when there are none. */
export function pick<T>(from: Readonly<Record<string, T>>, isWanted: (name: string) => boolean) {
  const wanted = Object.entries(from).filter(([name]) => isWanted(name));
  return wanted.length > 0 ? Object.fromEntries(wanted) : undefined;
}

function sizeOf({ MessageBody, MessageAttributes }: SqsInput): number {
  const texts = Object.entries((MessageAttributes ?? {}) as StoredMessage['messageAttributes']).flatMap(
    ([name, { DataType, StringValue = '', BinaryValue = '' }]) => [name, DataType, StringValue, BinaryValue],
  );
  return [String(MessageBody ?? ''), ...texts].reduce((sum, text) => sum + Buffer.byteLength(text), 0);
}

export function md5(text: string): string {
  return createHash('md5').update(text).digest('hex');
}
