import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateLogGroupCommand } from '@aws-sdk/client-cloudwatch-logs';
import { PutRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateEventSourceMappingCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failedIds } from '../../../sandbox/aws/poller.ts';
import {
  createFunction,
  createQueue,
  createRole,
  policyOf,
  startTestAws,
  type TestAws,
  until,
} from './support.ts';

let test: TestAws;
let role: string;

beforeEach(async () => {
  test = await startTestAws();
  role = await createRole(test);
});
afterEach(() => test.stop());

/** Maps a queue to the function `worker`. */
async function map(queueArn: string, settings: Record<string, unknown> = {}): Promise<string> {
  const { UUID = '' } = await test.lambda.send(
    new CreateEventSourceMappingCommand({
      EventSourceArn: queueArn,
      FunctionName: 'worker',
      BatchSize: 1,
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      ...settings,
    }),
  );
  return UUID;
}

async function send(url: string, ...bodies: string[]): Promise<void> {
  await test.sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: url,
      Entries: bodies.map((MessageBody, at) => ({ Id: String(at), MessageBody })),
    }),
  );
}

/** Reads the numbers of waiting and in-flight messages. */
async function depthOf(url: string): Promise<string> {
  const { Attributes } = await test.sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: url, AttributeNames: ['All'] }),
  );
  return `${Attributes?.ApproximateNumberOfMessages} ${Attributes?.ApproximateNumberOfMessagesNotVisible}`;
}

/** Returns the values that the function logged with `console.log(JSON.stringify({ said }))`. */
function said<T>(): T[] {
  return test.logs.map((line) => JSON.parse(line).said).filter((value) => value !== undefined);
}

function reports(): { status: string; errorType?: string; errorMessage?: string }[] {
  return test.logs.map((line) => JSON.parse(line)).flatMap(({ type, record }) => (type ? [record] : []));
}

const SAY = 'const say = (said) => console.log(JSON.stringify({ said }));';

describe('an event source mapping', () => {
  it("polls with the permissions of its function's role", async () => {
    const queue = await createQueue(test, 'jobs');
    await createFunction(test, role, `${SAY} export async function handler() { say('hello'); }`);
    await map(queue.arn);
    const PolicyName = 'tdd';
    const change = (policy: string) =>
      test.iam.send(new PutRolePolicyCommand({ RoleName: 'worker', PolicyName, PolicyDocument: policy }));
    await change(policyOf({ Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage'], Resource: queue.arn }));
    await send(queue.url, '1');
    // A later message on another queue has arrived, so this one would have arrived, too.
    const other = await createQueue(test, 'others');
    await change(policyOf({ Action: ['sqs:*'], Resource: other.arn }));
    await map(other.arn);
    await send(other.url, '2');
    await until(() => said().length > 0);
    expect(await depthOf(queue.url)).toBe('1 0');
    await change(policyOf({ Action: ['sqs:*'], Resource: '*' }));
    await until(() => said().length > 1);
  });

  it("stores logs only if its function's role allows it", async () => {
    const logGroupName = '/aws/lambda/worker';
    await test.cloudWatchLogs.send(new CreateLogGroupCommand({ logGroupName }));
    const queue = await createQueue(test, 'jobs');
    await createFunction(
      test,
      role,
      `${SAY} export async function handler(event) { say(event.Records[0].body); }`,
    );
    await map(queue.arn);
    await send(queue.url, 'unwritten');
    await until(async () => (await depthOf(queue.url)) === '0 0');
    const PolicyDocument = policyOf({ Action: ['sqs:*', 'logs:PutLogEvents'], Resource: '*' });
    await test.iam.send(new PutRolePolicyCommand({ RoleName: 'worker', PolicyName: 'tdd', PolicyDocument }));
    await send(queue.url, 'written');
    const file = join(test.directory, 'logs', `${logGroupName}.jsonl`);
    await until(() => existsSync(file) && readFileSync(file, 'utf8').includes('"written"'));
    expect(readFileSync(file, 'utf8')).not.toContain('unwritten');
  });

  it('delivers messages to the function and deletes them', async () => {
    const queue = await createQueue(test, 'jobs');
    await createFunction(
      test,
      role,
      `${SAY} export async function handler(event, context) {
        say({ event, left: context.getRemainingTimeInMillis(), ...context });
      }`,
    );
    await map(queue.arn);
    await test.sqs.send(
      new SendMessageCommand({
        QueueUrl: queue.url,
        MessageBody: 'hello',
        MessageAttributes: { run: { DataType: 'String', StringValue: 'r1' } },
      }),
    );

    const call = await until(() => said<Record<string, unknown>>()[0]);
    expect(call).toMatchObject({
      functionName: 'worker',
      invokedFunctionArn: 'arn:aws:lambda:us-east-1:000000000000:function:worker',
      memoryLimitInMB: '128',
      event: {
        Records: [
          {
            body: 'hello',
            eventSource: 'aws:sqs',
            eventSourceARN: queue.arn,
            awsRegion: 'us-east-1',
            attributes: { ApproximateReceiveCount: '1' },
            messageAttributes: { run: { dataType: 'String', stringValue: 'r1' } },
          },
        ],
      },
    });
    const { attributes } =
      (call.event as { Records: { attributes: Record<string, string> }[] }).Records[0] ?? {};
    expect(Number(attributes?.ApproximateFirstReceiveTimestamp)).toBeGreaterThanOrEqual(
      Number(attributes?.SentTimestamp),
    );
    expect(call.left).toBeLessThanOrEqual(10_000);
    expect(call.left).toBeGreaterThan(5_000);
    await until(async () => (await depthOf(queue.url)) === '0 0');
  });

  it('delivers a message again after its visibility timeout', async () => {
    const queue = await createQueue(test, 'jobs');
    const { url: QueueUrl } = queue;
    await test.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'hidden' }));
    await test.sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 360 }));
    await test.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'delayed', DelaySeconds: 120 }));
    test.aws.passTime(119_000);
    expect(await depthOf(QueueUrl)).toBe('0 1');
    test.aws.passTime(1_000);
    expect(await depthOf(QueueUrl)).toBe('1 1');
    test.aws.passTime(240_000);
    expect(await depthOf(QueueUrl)).toBe('2 0');
    const { Messages = [] } = await test.sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, MessageSystemAttributeNames: ['All'] }),
    );
    const hidden = Messages.find(({ Body }) => Body === 'hidden')?.Attributes ?? {};
    expect(hidden.ApproximateReceiveCount).toBe('2');
    expect(Date.now() - Number(hidden.ApproximateFirstReceiveTimestamp)).toBeGreaterThanOrEqual(360_000);
  });

  it("keeps one process warm, with only the function's environment", async () => {
    const queue = await createQueue(test, 'jobs');
    await createFunction(
      test,
      role,
      `${SAY} let calls = 0;
      export async function handler() { calls += 1; say({ pid: process.pid, calls, env: process.env }); }`,
      { Environment: { Variables: { COLOUR: 'green' } } },
    );
    await map(queue.arn, { ScalingConfig: { MaximumConcurrency: 2 } });
    for (const count of [1, 2, 3]) {
      await send(queue.url, `${count}`);
      await until(() => said()[count - 1]);
      await until(async () => (await depthOf(queue.url)) === '0 0');
    }

    const calls = said<{ pid: number; calls: number; env: Record<string, string> }>();
    expect(calls.map(({ calls }) => calls)).toEqual([1, 2, 3]);
    expect(new Set(calls.map(({ pid }) => pid)).size).toBe(1);
    const { env } = calls[0] ?? { env: {} };
    expect(env).toMatchObject({
      COLOUR: 'green',
      AWS_ENDPOINT_URL: test.aws.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'worker',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      _HANDLER: 'index.handler',
    });
    for (const name of ['PATH', 'HOME', 'USER', 'PWD', 'NODE_PATH']) expect(env).not.toHaveProperty(name);
  });

  it('returns only the failed messages of a batch to the queue', async () => {
    const queue = await createQueue(test, 'jobs', { VisibilityTimeout: '20' });
    await createFunction(
      test,
      role,
      `${SAY} export async function handler({ Records }) {
        say(Records.length);
        const failed = Records.filter(({ body }) => body === 'bad');
        return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
      }`,
    );
    await send(queue.url, 'good', 'bad', 'good');
    await map(queue.arn, { BatchSize: 10 });
    await until(async () => (await depthOf(queue.url)) === '0 1');
    expect(said()).toEqual([3]);
  });

  it('moves a message to the dead-letter queue after its fifth receive', async () => {
    const dead = await createQueue(test, 'dead');
    const queue = await createQueue(test, 'jobs', {
      VisibilityTimeout: '30',
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 5 }),
    });
    // The handler shortens the visibility timeout itself, as a worker does for a retry.
    await createFunction(
      test,
      role,
      `${SAY} export async function handler({ Records: [record] }) {
        say(Number(record.attributes.ApproximateReceiveCount));
        await fetch(process.env.AWS_ENDPOINT_URL, {
          method: 'POST',
          headers: {
            'content-type': 'application/x-amz-json-1.0',
            'x-amz-target': 'AmazonSQS.ChangeMessageVisibility',
            authorization: 'AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/sqs/aws4_request',
          },
          body: JSON.stringify({ QueueUrl: '${queue.url}', ReceiptHandle: record.receiptHandle, VisibilityTimeout: 0 }),
        });
        throw new Error('no');
      }`,
    );
    await map(queue.arn);
    await send(queue.url, 'poison');

    const message = await until(async () => {
      const { Messages } = await test.sqs.send(
        new ReceiveMessageCommand({
          QueueUrl: dead.url,
          WaitTimeSeconds: 5,
          MessageSystemAttributeNames: ['All'],
        }),
      );
      return Messages?.[0];
    });
    expect(message).toMatchObject({ Body: 'poison', Attributes: { DeadLetterQueueSourceArn: queue.arn } });
    expect(said()).toEqual([1, 2, 3, 4, 5]);
    expect(await depthOf(queue.url)).toBe('0 0');
  });

  it('never processes more batches at once than its MaximumConcurrency', async () => {
    const queue = await createQueue(test, 'jobs');
    await createFunction(
      test,
      role,
      `${SAY} export async function handler() {
        say(1); await new Promise((resolve) => setTimeout(resolve, 150)); say(-1);
      }`,
    );
    await map(queue.arn, { ScalingConfig: { MaximumConcurrency: 2 } });
    await send(queue.url, 'a', 'b', 'c', 'd', 'e', 'f');
    await until(() => said<number>().length === 12);
    let most = 0;
    said<number>().reduce((running, change) => {
      most = Math.max(most, running + change);
      return running + change;
    }, 0);
    expect(most).toBe(2);
  });

  it('delivers nothing while disabled, and waiting messages once enabled', async () => {
    const queue = await createQueue(test, 'jobs');
    await createFunction(
      test,
      role,
      `${SAY} export async function handler({ Records }) { say(Records[0].body); }`,
    );
    const uuid = await map(queue.arn, { Enabled: false });
    await send(queue.url, 'waiting');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await depthOf(queue.url)).toBe('1 0');
    await test.lambda.send(new UpdateEventSourceMappingCommand({ UUID: uuid, Enabled: true }));
    expect(await until(() => said()[0])).toBe('waiting');
  });
});

describe('failedIds', () => {
  const messages = [{ messageId: 'a' }, { messageId: 'b' }];
  const answers: [string, unknown, string[]][] = [
    ['no answer', null, []],
    ['an empty list', { batchItemFailures: [] }, []],
    ['no list at all', { other: 1 }, []],
    ['one message', { batchItemFailures: [{ itemIdentifier: 'b' }] }, ['b']],
    ['an unknown message', { batchItemFailures: [{ itemIdentifier: 'c' }] }, ['a', 'b']],
    ['an empty identifier', { batchItemFailures: [{ itemIdentifier: '' }] }, ['a', 'b']],
    ['an entry of another form', { batchItemFailures: [null] }, ['a', 'b']],
    ['a list of another form', { batchItemFailures: 'b' }, ['a', 'b']],
  ];
  it.each(answers)('reads %s as Lambda does', (_, result, expected) => {
    const responseTypes = ['ReportBatchItemFailures'];
    expect([...failedIds({ responseTypes }, messages, { isOk: true, result })]).toEqual(expected);
    expect([...failedIds({ responseTypes: [] }, messages, { isOk: true, result })]).toEqual([]);
  });
});

describe('a function that fails', () => {
  const failures: [string, string, { errorType: string; errorMessage: RegExp }][] = [
    [
      'throws',
      'export async function handler() { throw new RangeError("too far"); }',
      { errorType: 'RangeError', errorMessage: /^too far$/ },
    ],
    [
      'throws while it is imported',
      'throw new Error("no settings"); export async function handler() {}',
      { errorType: 'Error', errorMessage: /^no settings$/ },
    ],
    [
      'ends its process',
      'export async function handler() { process.exit(3); }',
      { errorType: 'Runtime.ExitError', errorMessage: /exit status 3/ },
    ],
    [
      'runs for ever',
      'export async function handler() { for (;;); }',
      { errorType: 'Sandbox.Timedout', errorMessage: /^Task timed out after 1.00 seconds$/ },
    ],
    [
      'takes more memory than it has',
      'export async function handler() { const kept = []; for (;;) kept.push(new Array(1e6).fill(1)); }',
      { errorType: 'Runtime.ExitError', errorMessage: /signal/ },
    ],
    [
      'has no such handler',
      'export async function handle() {}',
      { errorType: 'Runtime.HandlerNotFound', errorMessage: /index.handler is undefined or not exported/ },
    ],
  ];

  it.each(failures)(
    'that %s keeps its message in flight and receives the next one',
    async (_, source, error) => {
      const queue = await createQueue(test, 'jobs');
      await createFunction(test, role, source, { Timeout: source.includes('for (;;);') ? 1 : 10 });
      await map(queue.arn);
      await send(queue.url, 'one');
      await until(() => reports()[0]);
      await send(queue.url, 'two');
      await until(() => reports()[1]);

      for (const report of reports()) {
        expect(report.status).toBe(error.errorType === 'Sandbox.Timedout' ? 'timeout' : 'failure');
        expect(report.errorType).toBe(error.errorType);
        expect(report.errorMessage).toMatch(error.errorMessage);
      }
      expect(await depthOf(queue.url)).toBe('0 2');
    },
  );
});
