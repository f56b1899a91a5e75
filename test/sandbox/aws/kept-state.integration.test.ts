import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateLogGroupCommand, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  CreateEventSourceMappingCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  UpdateEventSourceMappingCommand,
  UpdateFunctionCodeCommand,
} from '@aws-sdk/client-lambda';
import {
  CompleteMultipartUploadCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { GetQueueUrlCommand, ReceiveMessageCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  createFunction,
  createQueue,
  createRole,
  startTestAws,
  type TestAws,
  until,
  zipOf,
} from './support.ts';

let directory: string;
let test: TestAws | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sandbox-kept-'));
});
afterEach(async () => {
  await test?.stop();
  await rm(directory, { recursive: true, force: true });
});

it('continues with the state of an earlier run in the same directory', async () => {
  const first = await startTestAws({ directory });
  const queue = await createQueue(first, 'jobs');
  await createFunction(
    first,
    await createRole(first),
    `export async function handler({ Records }) {
      const { body, attributes } = Records[0];
      console.log(JSON.stringify({ body, url: process.env.TDD_QUEUE_URL, count: attributes.ApproximateReceiveCount }));
    }`,
    { Environment: { Variables: { TDD_QUEUE_URL: queue.url } } },
  );
  const { UUID } = await first.lambda.send(
    new CreateEventSourceMappingCommand({
      EventSourceArn: queue.arn,
      FunctionName: 'worker',
      BatchSize: 1,
      Enabled: false,
    }),
  );
  await first.cloudWatchLogs.send(new CreateLogGroupCommand({ logGroupName: '/aws/lambda/worker' }));
  await first.s3.send(new CreateBucketCommand({ Bucket: 'lake' }));
  const upload = { Bucket: 'lake', Key: 'a/rows.tsv' };
  const { UploadId } = await first.s3.send(
    new CreateMultipartUploadCommand({ ...upload, ContentType: 'text/x' }),
  );
  const part = await first.s3.send(
    new UploadPartCommand({ ...upload, UploadId, PartNumber: 1, Body: 'rows' }),
  );
  const { ETag } = await first.s3.send(
    new CompleteMultipartUploadCommand({
      ...upload,
      UploadId,
      MultipartUpload: { Parts: [{ PartNumber: 1, ETag: part.ETag }] },
    }),
  );
  await first.sqs.send(
    new SendMessageBatchCommand({
      QueueUrl: queue.url,
      Entries: [
        { Id: 'a', MessageBody: 'in flight' },
        { Id: 'b', MessageBody: 'waiting' },
      ],
    }),
  );
  await first.sqs.send(new ReceiveMessageCommand({ QueueUrl: queue.url, VisibilityTimeout: 1 }));
  await first.stop();

  test = await startTestAws({ directory });
  const { QueueUrl } = await test.sqs.send(new GetQueueUrlCommand({ QueueName: 'jobs' }));
  expect(QueueUrl?.startsWith(test.aws.endpoint)).toBe(true);
  await test.iam.send(new GetRolePolicyCommand({ RoleName: 'worker', PolicyName: 'tdd' }));
  expect((await test.cloudWatchLogs.send(new DescribeLogGroupsCommand())).logGroups).toHaveLength(1);
  expect(await test.s3.send(new GetObjectCommand({ ...upload, IfMatch: ETag }))).toMatchObject({
    ETag,
    ContentType: 'text/x',
  });
  await test.lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
  const calls = await until(() => {
    const said = test?.logs.map((line) => JSON.parse(line)).filter(({ body }) => body) ?? [];
    return said.length === 2 ? said : undefined;
  });
  expect(calls).toEqual(
    expect.arrayContaining([
      { body: 'waiting', url: QueueUrl, count: '1' },
      { body: 'in flight', url: QueueUrl, count: '2' },
    ]),
  );
});

it('restores a function with a deprecated runtime, and rejects new code for it', async () => {
  const first = await startTestAws({ directory });
  const { CodeSha256 } = await createFunction(first, await createRole(first), 'export const handler = 1;');
  await first.stop();
  const file = join(directory, 'state.json');
  await writeFile(file, (await readFile(file, 'utf8')).replace('nodejs22.x', 'python3.6'));

  test = await startTestAws({ directory });
  const FunctionName = 'worker';
  expect(await test.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))).toMatchObject({
    Runtime: 'python3.6',
    CodeSha256,
  });
  await test.lambda.send(new GetFunctionCommand({ FunctionName }));
  const ZipFile = await zipOf({ 'index.mjs': '' });
  await expect(test.lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }))).rejects.toThrow(
    'python3.6 is no longer supported',
  );
});
