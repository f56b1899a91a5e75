import { AttachRolePolicyCommand, DeleteRoleCommand } from '@aws-sdk/client-iam';
import { CreateEventSourceMappingCommand, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import {
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadBucketCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import {
  CreateQueueCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  SendMessageCommand,
  UntagQueueCommand,
} from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { interceptCalls } from '../../src/aws/calls.ts';
import { applyDestroy, type DestroyPlan, planDestroy } from '../../src/deploy/destroy.ts';
import { AWS_TARGETS, type Aws } from '../support/aws-targets.ts';
import { type Cloud, createCloud, deploy, INPUT, interruptAfterEachCall, NAMES, stateOf } from './cloud.ts';

const SQS_ACCESS = 'arn:aws:iam::aws:policy/AmazonSQSFullAccess';

/** The observed state when only the bucket exists. */
const BUCKET_ONLY = { bucket: expect.objectContaining({ owner: 'ours' }), otherSources: [], variables: {} };

describe.each(AWS_TARGETS)('destroy, on $name', ({ name, start }) => {
  let aws: Aws;
  beforeAll(async () => {
    aws = await start();
  });
  beforeEach(() => aws.reset());
  afterAll(() => aws.stop());

  test('deletes all resources except the bucket, in reverse order of creation', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    const callCount = cloud.changes.length;
    const plan = await destroy(cloud);
    expect(actions(plan)).toEqual({
      eventSource: 'delete',
      function: 'delete',
      logGroup: 'delete',
      role: 'delete',
      queue: 'delete',
      deadLetterQueue: 'delete',
      bucket: 'keep',
    });
    expect(cloud.changes.slice(callCount)).toEqual([
      'lambda:DeleteEventSourceMapping',
      'lambda:DeleteFunction',
      'logs:DeleteLogGroup',
      'iam:DeleteRolePolicy',
      'iam:DeleteRole',
      'sqs:DeleteQueue',
      'sqs:DeleteQueue',
    ]);
    expect(await stateOf(cloud)).toEqual(BUCKET_ONLY);
  });

  test('is idempotent: a second destroy makes no mutating call', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    await destroy(cloud);
    const callCount = cloud.changes.length;
    const plan = await destroy(cloud);
    expect(new Set(Object.values(actions(plan)))).toEqual(new Set(['absent', 'keep']));
    expect(cloud.changes.length).toBe(callCount);
  });

  test('is completed by the next destroy after an interruption at any mutating call', async () => {
    await interruptAfterEachCall(aws, deploy, destroy, async (cloud, _, callCount) =>
      expect(await stateOf(cloud), `interrupted after call ${callCount}`).toEqual(BUCKET_ONLY),
    );
  });

  test('succeeds for resources that no longer exist', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    const plan = await planDestroy(cloud, { ...INPUT, deleteBucket: true });
    await applyDestroy(cloud, plan);
    await applyDestroy(cloud, plan);
    await expect(cloud.byHand.iam.send(new DeleteRoleCommand({ RoleName: NAMES.role }))).rejects.toThrow();
  });

  test('deletes the event source and the queues of an earlier deploy with another queue', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud, { ...INPUT, queueName: 'old-queue' });
    await deploy(cloud);
    const plan = await planDestroy(cloud, { ...INPUT, deleteBucket: false });
    for (let cuts = 1; cuts <= 3; cuts += 1) {
      cloud.interruptAfter(1);
      await expect(destroy(cloud)).rejects.toThrow('interrupted');
      cloud.interruptAfter(Number.POSITIVE_INFINITY);
    }
    await destroy(cloud);
    const deleted = plan.resources.filter(({ action }) => action === 'delete').map(({ name }) => name);
    expect(deleted).toEqual([
      'old-queue',
      'old-queue-dlq',
      'old-queue → films',
      'films-queue → films',
      'films',
      '/aws/lambda/films',
      'films-role',
      'films-queue',
      'films-queue-dlq',
    ]);
    expect(await stateOf(cloud)).toEqual(BUCKET_ONLY);
    const { QueueUrls = [] } = await cloud.byHand.sqs.send(new ListQueuesCommand({}));
    expect(QueueUrls).toEqual([]);
    const { EventSourceMappings } = await cloud.byHand.lambda.send(new ListEventSourceMappingsCommand({}));
    expect(EventSourceMappings).toEqual([]);
  });

  test("leaves the function's untagged event sources, and untagged queues of tagged event sources", async () => {
    const cloud = createCloud(aws);
    await deploy(cloud, { ...INPUT, queueName: 'old-queue' });
    await deploy(cloud);
    const { iam, sqs, lambda } = cloud.byHand;
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'old-queue' }));
    await sqs.send(new UntagQueueCommand({ QueueUrl, TagKeys: ['tdd:stack'] }));
    const Attributes = { VisibilityTimeout: '1800' };
    await sqs.send(new CreateQueueCommand({ QueueName: 'by-hand', Attributes }));
    await iam.send(new AttachRolePolicyCommand({ RoleName: NAMES.role, PolicyArn: SQS_ACCESS }));
    const EventSourceArn = NAMES.queueArn.replace(NAMES.queue, 'by-hand');
    await lambda.send(new CreateEventSourceMappingCommand({ FunctionName: NAMES.function, EventSourceArn }));
    await destroy(cloud);
    const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand({}));
    expect(QueueUrls.map((url) => url.split('/').at(-1)).sort()).toEqual(['by-hand', 'old-queue']);
    const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({}));
    expect(EventSourceMappings.map((found) => found.EventSourceArn)).toEqual([EventSourceArn]);
  });

  test('notes how many messages will be deleted', async () => {
    const cloud = createCloud(aws);
    const tags = { 'tdd:stack': 'films' };
    const { QueueUrl } = await cloud.byHand.sqs.send(
      new CreateQueueCommand({ QueueName: NAMES.queue, tags }),
    );
    await cloud.byHand.sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: '{}' }));
    const plan = await planDestroy(cloud, { ...INPUT, deleteBucket: false });
    expect(plan.resources.find(({ kind }) => kind === 'queue')?.notes).toEqual([
      'Its messages (about 1) will be deleted with it.',
    ]);
  });

  test('deletes the bucket with its objects and incomplete uploads on request', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    const Bucket = NAMES.bucket;
    const { s3 } = cloud.byHand;
    for (const Key of ['tmdb/a', 'tmdb/b']) await s3.send(new PutObjectCommand({ Bucket, Key, Body: '{}' }));
    await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'imdb/movies.tsv' }));
    await destroy(cloud, true);
    await expect(s3.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'NotFound' });
  });

  test.skipIf(name === 'sandbox')(
    'deletes it with versions and delete markers (which the sandbox does not support)',
    async () => {
      const cloud = createCloud(aws);
      await deploy(cloud);
      const Bucket = NAMES.bucket;
      const { s3 } = cloud.byHand;
      const Status = 'Enabled';
      await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status } }));
      for (const Key of ['tmdb/a', 'tmdb/a', 'tmdb/b']) {
        await s3.send(new PutObjectCommand({ Bucket, Key, Body: '{}' }));
      }
      await s3.send(new DeleteObjectCommand({ Bucket, Key: 'tmdb/b' }));
      await s3.send(new CreateMultipartUploadCommand({ Bucket, Key: 'imdb/movies.tsv' }));
      const removed: number[] = [];
      const plan = await planDestroy(cloud, { ...INPUT, deleteBucket: true });
      await applyDestroy(cloud, plan, { onProgress: (count) => removed.push(count) });
      expect(removed).toEqual([4]);
      await expect(s3.send(new HeadBucketCommand({ Bucket }))).rejects.toMatchObject({ name: 'NotFound' });
    },
  );

  // The rest on the sandbox only: see SANDBOX_ONLY.
  if (name === 'moto') return;

  test('waits until SQS no longer finds the deleted queues (eventual consistency)', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    let probes = 0;
    const clients = interceptCalls(cloud.clients, async ({ operation, input }, next) => {
      const isDeleted = cloud.calls.some((call) => call.operation === 'DeleteQueue');
      if (operation !== 'GetQueueUrl' || input.QueueName !== NAMES.queue || !isDeleted) return next();
      probes += 1;
      return probes > 3 ? next() : { QueueUrl: 'still there' };
    });
    const plan = await planDestroy(cloud, { ...INPUT, deleteBucket: false });
    await applyDestroy({ ...cloud, clients }, plan);
    expect(probes).toBe(4);
  });

  test('keeps no bucket that does not exist', async () => {
    const plan = await destroy(createCloud(aws));
    expect(new Set(Object.values(actions(plan)))).toEqual(new Set(['absent']));
  });

  test('leaves untagged resources, with a note', async () => {
    const cloud = createCloud(aws);
    await cloud.byHand.sqs.send(new CreateQueueCommand({ QueueName: NAMES.queue }));
    await cloud.byHand.s3.send(new CreateBucketCommand({ Bucket: NAMES.bucket }));
    const plan = await destroy(cloud, true);
    expect(await stateOf(cloud)).toMatchObject({
      queue: { owner: 'untagged' },
      bucket: { owner: 'untagged' },
    });
    expect(actions(plan)).toMatchObject({ queue: 'leave', bucket: 'leave', function: 'absent' });
    expect(plan.resources.find(({ kind }) => kind === 'queue')?.notes).toEqual([
      'It does not have the tag "tdd:stack", so it is not deleted.',
    ]);
    expect(cloud.changes).toEqual([]);
  });
});

async function destroy(cloud: Cloud, deleteBucket = false): Promise<DestroyPlan> {
  const plan = await planDestroy(cloud, { ...INPUT, deleteBucket });
  await applyDestroy(cloud, plan);
  return plan;
}

function actions({ resources }: DestroyPlan): Record<string, string> {
  return Object.fromEntries(resources.map(({ kind, action }) => [kind, action]));
}
