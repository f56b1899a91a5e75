import {
  ChangeMessageVisibilityCommand,
  type MessageAttributeValue,
  SendMessageCommand,
  type SQSClient,
} from '@aws-sdk/client-sqs';
import type { WorkerQueue } from './worker-queue.ts';

/** The worker's queues at SQS. Its methods throw the SDK's errors. */
export function createWorkerQueue({
  sqs,
  queueUrl,
  deadLetterQueueUrl,
}: {
  readonly sqs: SQSClient;
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
}): WorkerQueue {
  return {
    async setVisibility(receiptHandle, seconds) {
      const input = { QueueUrl: queueUrl, ReceiptHandle: receiptHandle, VisibilityTimeout: seconds };
      await sqs.send(new ChangeMessageVisibilityCommand(input));
    },
    async send(body, delaySeconds) {
      const input = { QueueUrl: queueUrl, MessageBody: body, DelaySeconds: delaySeconds };
      await sqs.send(new SendMessageCommand(input));
    },
    async sendDeadLetter(body, attributes) {
      const MessageAttributes: Record<string, MessageAttributeValue> = {};
      for (const [name, value] of Object.entries(attributes)) {
        MessageAttributes[name] = { DataType: 'String', StringValue: withoutControls(value) };
      }
      const input = { QueueUrl: deadLetterQueueUrl, MessageBody: body, MessageAttributes };
      await sqs.send(new SendMessageCommand(input));
    },
  };
}

/** SQS refuses most control characters, and takes no empty value. */
function withoutControls(text: string): string {
  return text.replaceAll(/[^\t\n\r\u{20}-\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]/gu, '?') || '?';
}
