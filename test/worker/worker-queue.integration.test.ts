import { CreateQueueCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createSqsQueue } from '../../src/aws/queue.ts';
import { createWorkerQueue, type WorkerQueue } from '../../src/worker/worker-queue.ts';
import { AWS_TARGETS, type Aws } from '../support/aws-targets.ts';

describe.each(AWS_TARGETS)('createWorkerQueue, on $name', ({ start }) => {
  let aws: Aws;
  let sqs: SQSClient;
  let queue: WorkerQueue;
  let queueUrl = '';
  let deadLetterQueueUrl = '';
  beforeAll(async () => {
    aws = await start();
    sqs = new SQSClient(aws.clientConfig);
  });
  beforeEach(async () => {
    await aws.reset();
    queueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: 'q' }))).QueueUrl ?? '';
    deadLetterQueueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: 'q-dlq' }))).QueueUrl ?? '';
    queue = createWorkerQueue({
      queue: createSqsQueue({ sqs }, queueUrl),
      deadLetters: createSqsQueue({ sqs }, deadLetterQueueUrl),
    });
  });
  afterAll(async () => {
    sqs.destroy();
    await aws.stop();
  });

  async function receive(url: string) {
    const input = { QueueUrl: url, MessageAttributeNames: ['All'], VisibilityTimeout: 1_000 };
    return (await sqs.send(new ReceiveMessageCommand(input))).Messages ?? [];
  }

  it('sends a message, and brings one that is hidden back at once when told so', async () => {
    await queue.send('a body', 0);
    const [first] = await receive(queueUrl);
    expect(first?.Body).toBe('a body');
    expect(await receive(queueUrl)).toEqual([]);
    await queue.setVisibility(first?.ReceiptHandle ?? '', 0);
    expect(await receive(queueUrl)).toHaveLength(1);
  });

  it('delays a message', async () => {
    await queue.send('later', 900);
    expect(await receive(queueUrl)).toEqual([]);
  });

  it('sends a dead letter with its attributes, whatever characters its reason has', async () => {
    const at = '2026-11-22T10:00:00.000Z';
    await queue.sendDeadLetter('not JSON', { reason: 'It held \u0000, \ud800 and 北\u{1f600}.', at });
    const [letter] = await receive(deadLetterQueueUrl);
    expect(letter?.Body).toBe('not JSON');
    expect(letter?.MessageAttributes).toMatchObject({
      reason: { StringValue: 'It held ?, ? and 北\u{1f600}.' },
      at: { StringValue: at },
    });
    expect(Object.keys(letter?.MessageAttributes ?? {}).sort()).toEqual(['at', 'reason']);
  });
});
