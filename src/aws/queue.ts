import {
  ChangeMessageVisibilityBatchCommand,
  ChangeMessageVisibilityCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  type Message,
  type MessageAttributeValue,
  type QueueAttributeName,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import { UserError } from '../errors.ts';
import { parseMessage } from '../message.ts';
import type { Partition } from '../partition.ts';
import { explainAwsError } from './errors.ts';
import {
  depthsOf,
  type QueueReader,
  type QueueReceiver,
  type QueueSender,
  type ReceivedMessage,
} from './queue-interface.ts';

/** An SQS queue. All methods throw a {@link UserError} when the queue does not exist or AWS rejects the call. */
export interface SqsQueue extends QueueReader, QueueSender, QueueReceiver {
  readonly name: string;
  url(): Promise<string>;
  arn(): Promise<string>;
  /**
   * Sends one message.
   * @param options.delaySeconds how long to delay it: 0 to 900.
   * @param options.attributes message attributes; characters that SQS does not allow become `?`.
   * @returns its SQS message ID.
   */
  send(
    body: string,
    options?: {
      readonly delaySeconds?: number;
      readonly attributes?: Readonly<Record<string, string>>;
    },
  ): Promise<string>;
  /** Sets a received message's visibility timeout, in seconds from now: 0 to 43,200. */
  setVisibility(receipt: string, seconds: number): Promise<void>;
}

/** Long polling queries all SQS servers; short polling can miss messages. */
const RECEIVE_WAIT_SECONDS = 1;

/**
 * Creates a queue from its name or URL. It sends no request until the first call, and looks up the URL of a name once.
 */
export function createSqsQueue(
  { sqs }: { readonly sqs: Pick<SQSClient, 'send'> },
  nameOrUrl: string,
): SqsQueue {
  let knownUrl = /^https?:/.test(nameOrUrl) ? nameOrUrl : undefined;
  const name = nameOrUrl.slice(nameOrUrl.lastIndexOf('/') + 1);

  async function call<Answer>(doing: string, operation: string, run: () => Promise<Answer>): Promise<Answer> {
    try {
      return await run();
    } catch (error) {
      if (isAbsence(error)) throw noQueue(error);
      const subject = `the queue "${name}"`;
      throw explainAwsError(error, { doing: `${doing} ${subject}`, actions: [`sqs:${operation}`], subject });
    }
  }

  async function url(): Promise<string> {
    knownUrl ??= (await sqs.send(new GetQueueUrlCommand({ QueueName: name }))).QueueUrl;
    if (knownUrl === undefined) throw noQueue();
    return knownUrl;
  }

  async function readAttributes(...AttributeNames: QueueAttributeName[]) {
    const command = new GetQueueAttributesCommand({ QueueUrl: await url(), AttributeNames });
    return (await sqs.send(command)).Attributes ?? {};
  }

  const noQueue = (cause?: unknown) =>
    new UserError(
      isHidden(cause)
        ? `The queue "${name}" does not exist, or the permission sqs:GetQueueUrl is missing: check its name, create it with "tdd deploy", or grant this permission to the user or role in use.`
        : `The queue "${name}" does not exist: check its name, or create it with "tdd deploy".`,
      { cause },
    );

  return {
    name,
    url: () => call('find', 'GetQueueUrl', url),

    arn: () =>
      call('read', 'GetQueueAttributes', async () => {
        const { QueueArn } = await readAttributes('QueueArn');
        if (QueueArn === undefined) throw new Error(`SQS returned no ARN for the queue "${name}".`);
        return QueueArn;
      }),

    readDepths: () =>
      call('read', 'GetQueueAttributes', async () => {
        try {
          const attributes = await readAttributes(
            'ApproximateNumberOfMessages',
            'ApproximateNumberOfMessagesNotVisible',
            'ApproximateNumberOfMessagesDelayed',
            'MessageRetentionPeriod',
          );
          return depthsOf(attributes);
        } catch (error) {
          if (isAbsence(error) && !isHidden(error)) return undefined;
          throw error;
        }
      }),

    send: (body, { delaySeconds, attributes = {} } = {}) =>
      call('send to', 'SendMessage', async () => {
        const MessageAttributes: Record<string, MessageAttributeValue> = {};
        for (const [attribute, value] of Object.entries(attributes)) {
          MessageAttributes[attribute] = { DataType: 'String', StringValue: withoutControls(value) };
        }
        const { MessageId } = await sqs.send(
          new SendMessageCommand({
            QueueUrl: await url(),
            MessageBody: body,
            ...(delaySeconds !== undefined && { DelaySeconds: delaySeconds }),
            ...(Object.keys(attributes).length > 0 && { MessageAttributes }),
          }),
        );
        return MessageId ?? '';
      }),

    sendBatch: (entries) =>
      call('send to', 'SendMessage', async () => {
        const { Successful = [], Failed = [] } = await sqs.send(
          new SendMessageBatchCommand({
            QueueUrl: await url(),
            Entries: entries.map(({ id, body }) => ({ Id: id, MessageBody: body })),
          }),
        );
        return {
          accepted: Successful.flatMap(({ Id }) => Id ?? []),
          failed: Failed.map(({ Id = '', Code = 'unknown', Message, SenderFault = false }) => ({
            id: Id,
            reason: Message === undefined ? Code : `${Code}: ${Message}`,
            senderFault: SenderFault,
          })),
        };
      }),

    receive: (visibilitySeconds, most = 10) =>
      call('receive from', 'ReceiveMessage', async () => {
        const { Messages = [] } = await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl: await url(),
            MaxNumberOfMessages: most,
            VisibilityTimeout: visibilitySeconds,
            WaitTimeSeconds: RECEIVE_WAIT_SECONDS,
            MessageAttributeNames: ['reason', 'run', 'at'],
            MessageSystemAttributeNames: [
              'SentTimestamp',
              'ApproximateReceiveCount',
              'ApproximateFirstReceiveTimestamp',
            ],
          }),
        );
        return Messages.map(readMessage);
      }),

    setVisibility: (receipt, seconds) =>
      call('set the visibility timeout of a message of', 'ChangeMessageVisibility', async () => {
        const input = { QueueUrl: await url(), ReceiptHandle: receipt, VisibilityTimeout: seconds };
        await sqs.send(new ChangeMessageVisibilityCommand(input));
      }),

    makeVisible: (receipts) =>
      call('return messages to', 'ChangeMessageVisibility', async () => {
        if (receipts.length === 0) return;
        await sqs.send(
          new ChangeMessageVisibilityBatchCommand({
            QueueUrl: await url(),
            Entries: receipts.map((ReceiptHandle, place) => ({
              Id: String(place),
              ReceiptHandle,
              VisibilityTimeout: 0,
            })),
          }),
        );
      }),

    delete: (receipts) =>
      call('delete messages from', 'DeleteMessage', async () => {
        if (receipts.length === 0) return [];
        const { Failed = [] } = await sqs.send(
          new DeleteMessageBatchCommand({
            QueueUrl: await url(),
            Entries: receipts.map((ReceiptHandle, place) => ({ Id: String(place), ReceiptHandle })),
          }),
        );
        return Failed.flatMap(({ Id }) => receipts[Number(Id)] ?? []);
      }),
  };
}

function readMessage({
  MessageId,
  ReceiptHandle,
  Body,
  Attributes,
  MessageAttributes,
}: Message): ReceivedMessage {
  const body = Body ?? '';
  const { partition, run: sentIn } = tryParse(body);
  const reason = MessageAttributes?.reason?.StringValue;
  // When a worker crashed, SQS moved the message, which then has no attributes.
  const run = MessageAttributes?.run?.StringValue ?? sentIn;
  const at = MessageAttributes?.at?.StringValue;
  const firstReceived = Attributes?.ApproximateFirstReceiveTimestamp;
  return {
    id: MessageId ?? '',
    receipt: ReceiptHandle ?? '',
    body,
    sentAtMs: Number(Attributes?.SentTimestamp ?? 0),
    receives: Number(Attributes?.ApproximateReceiveCount ?? 1),
    ...(firstReceived !== undefined && { firstReceivedMs: Number(firstReceived) }),
    ...(partition !== undefined && { partition }),
    ...(reason !== undefined && { reason }),
    ...(run !== undefined && { run }),
    ...(at !== undefined && { at }),
  };
}

/** SQS rejects most control characters, and empty values. */
function withoutControls(text: string): string {
  return text.replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '?') || '?';
}

function tryParse(body: string): { partition?: Partition; run?: string | undefined } {
  try {
    const { year, initial, run } = parseMessage(body);
    return { partition: { year, initial }, run };
  } catch {
    return {}; // Not a valid partition message.
  }
}

function isAbsence(error: unknown): boolean {
  return (
    error instanceof Error &&
    /QueueDoesNotExist|NonExistentQueue/.test(`${error.name} ${Reflect.get(error, 'Code')}`)
  );
}

/** Without the permission, SQS answers as for an absent queue: https://github.com/spring-attic/spring-cloud-aws/pull/417. */
function isHidden(error: unknown): boolean {
  return error instanceof Error && /or you do not have access to it/.test(error.message);
}
