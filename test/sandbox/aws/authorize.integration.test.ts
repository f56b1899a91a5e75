import { DeleteRoleCommand, DeleteRolePolicyCommand } from '@aws-sdk/client-iam';
import { CreateEventSourceMappingCommand, UpdateEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { SendMessageBatchCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { roleAccessKeyId } from '../../../sandbox/aws/authorize.ts';
import { deploymentNames } from '../../../src/deploy/names.ts';
import { inlinePolicy } from '../../../src/deploy/resources/policy.ts';
import { INPUT } from '../../deploy/cloud.ts';
import {
  type Clients,
  connect,
  createFunction,
  createQueue,
  createRole,
  startTestAws,
  type TestAws,
} from './support.ts';

const NAMES = deploymentNames({ ...INPUT, accountId: '000000000000' });
const Bucket = 'films-lake';

let test: TestAws;
/** The clients of a function with this role. */
let worker: Clients;

beforeAll(async () => {
  test = await startTestAws();
  const role = await createRole(test, 'films-role', JSON.stringify(inlinePolicy(NAMES)));
  worker = connect(test.aws.endpoint, 'us-east-1', roleAccessKeyId(role));
  await test.s3.send(new CreateBucketCommand({ Bucket }));
  await test.s3.send(new PutObjectCommand({ Bucket, Key: 'private/a', Body: 'a' }));
  await createQueue(test, 'films-queue');
  await createQueue(test, 'others');
  for (const FunctionName of ['films', 'others']) {
    await createFunction(test, role, 'export async function handler() {}', { FunctionName });
  }
});
afterAll(() => test.stop());

const DENIED = { name: 'AccessDenied', $metadata: { httpStatusCode: 403 } };

it('lets a function read and write only its part of the lake', async () => {
  const { s3 } = worker;
  await s3.send(new PutObjectCommand({ Bucket, Key: 'tmdb/a.json', Body: '{}' }));
  await s3.send(new GetObjectCommand({ Bucket, Key: 'tmdb/a.json' }));
  await expect(s3.send(new GetObjectCommand({ Bucket, Key: 'tmdb/none' }))).rejects.toMatchObject({
    name: 'NoSuchKey',
  });
  for (const refused of [
    () => s3.send(new GetObjectCommand({ Bucket, Key: 'private/a' })),
    () => s3.send(new GetObjectCommand({ Bucket, Key: 'private/none' })),
    () => s3.send(new PutObjectCommand({ Bucket, Key: 'private/b', Body: 'b' })),
    () => s3.send(new DeleteObjectCommand({ Bucket, Key: 'tmdb/a.json' })),
    () => s3.send(new ListObjectsV2Command({ Bucket })),
    () => s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'private/' })),
    () => s3.send(new CreateBucketCommand({ Bucket: 'another' })),
  ]) {
    await expect(refused()).rejects.toMatchObject(DENIED);
  }
});

it('hides whether a key exists from a caller without permission to list', async () => {
  const policy = JSON.stringify(inlinePolicy(NAMES)).replace('s3:ListBucket', 's3:ListNothing');
  const role = await createRole(test, 'blind', policy);
  const { s3 } = connect(test.aws.endpoint, 'us-east-1', roleAccessKeyId(role));
  await expect(s3.send(new GetObjectCommand({ Bucket, Key: 'tmdb/none' }))).rejects.toMatchObject(DENIED);
});

it('lets a function send only to its own queue', async () => {
  const { sqs } = worker;
  const QueueUrl = `${test.aws.endpoint}/000000000000/films-queue`;
  await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }));
  await sqs.send(new SendMessageBatchCommand({ QueueUrl, Entries: [{ Id: 'a', MessageBody: 'a' }] }));
  const elsewhere = QueueUrl.replace('films-queue', 'others');
  await expect(
    sqs.send(new SendMessageCommand({ QueueUrl: elsewhere, MessageBody: 'a' })),
  ).rejects.toMatchObject(DENIED);
});

it("lets a function disable its own event source, and not another function's", async () => {
  const disable = async (FunctionName: string) => {
    const { UUID } = await test.lambda.send(
      new CreateEventSourceMappingCommand({ EventSourceArn: NAMES.queueArn, FunctionName, Enabled: false }),
    );
    return worker.lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  };
  expect((await disable('films')).State).toBe('Disabled');
  await expect(disable('others')).rejects.toMatchObject({ name: 'AccessDeniedException' });
});

it('identifies a function by its role, until the role is deleted', async () => {
  const role = await createRole(test, 'short-lived');
  const { sts, sqs } = connect(test.aws.endpoint, 'us-east-1', roleAccessKeyId(role));
  expect((await sts.send(new GetCallerIdentityCommand())).Arn).toContain(':assumed-role/short-lived/');
  await test.iam.send(new DeleteRolePolicyCommand({ RoleName: 'short-lived', PolicyName: 'tdd' }));
  await test.iam.send(new DeleteRoleCommand({ RoleName: 'short-lived' }));
  const QueueUrl = `${test.aws.endpoint}/000000000000/films-queue`;
  await expect(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'a' }))).rejects.toMatchObject({
    name: 'InvalidClientTokenId',
  });
});
