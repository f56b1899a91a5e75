import { AttachRolePolicyCommand, CreateRoleCommand } from '@aws-sdk/client-iam';
import {
  CreateEventSourceMappingCommand,
  CreateFunctionCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { CreateQueueCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { planDeployment } from '../../src/deploy/plan.ts';
import { zipOf } from '../sandbox/aws/support.ts';
import { AWS_TARGETS, type Aws } from '../support/aws-targets.ts';
import {
  API_KEY,
  type Cloud,
  createCloud,
  deploy,
  INPUT,
  interruptAfterEachCall,
  NAMES,
  stateOf,
  ZIP,
} from './cloud.ts';

const OLD_KEY = 'fedcba9876543210fedcba9876543210';

describe.each(AWS_TARGETS)('adopting a deployment of the Python tool, on $name', ({ name, start }) => {
  let aws: Aws;
  beforeAll(async () => {
    aws = await start();
  });
  beforeEach(() => aws.reset());
  afterAll(() => aws.stop());

  test('pauses the event source, so that the old code never runs with the new configuration', async () => {
    const cloud = createCloud(aws);
    await deployWithPython(cloud);
    await deploy(cloud);
    expect(cloud.changes).toEqual([
      'lambda:TagResource',
      'lambda:UpdateEventSourceMapping',
      'sqs:CreateQueue',
      'sqs:TagQueue',
      'sqs:SetQueueAttributes',
      'iam:TagRole',
      'iam:PutRolePolicy',
      'iam:DetachRolePolicy',
      'iam:DetachRolePolicy',
      'iam:DetachRolePolicy',
      'logs:CreateLogGroup',
      'logs:PutRetentionPolicy',
      'lambda:TagResource',
      'lambda:UpdateFunctionConfiguration',
      'lambda:UpdateFunctionCode',
      'lambda:PutFunctionRecursionConfig',
      'lambda:TagResource',
      'lambda:UpdateEventSourceMapping',
      'lambda:UpdateEventSourceMapping',
      'lambda:UntagResource',
    ]);
    const updates = cloud.calls.filter(({ operation }) => operation === 'UpdateEventSourceMapping');
    expect(updates.map(({ input }) => input.Enabled)).toEqual([false, undefined, true]);
  });

  test('results in the same state as a new deployment, and does not change the bucket', async () => {
    const cloud = createCloud(aws);
    await deployWithPython(cloud);
    await deploy(cloud);
    const adopted = await stateOf(cloud);
    expect(adopted).toMatchObject({ queue: { messages: 3 } });
    const callCount = cloud.changes.length;
    await deploy(cloud);
    expect(cloud.changes.length).toBe(callCount);

    await aws.reset();
    const fresh = createCloud(aws);
    await fresh.byHand.s3.send(new CreateBucketCommand({ Bucket: NAMES.bucket }));
    await deploy(fresh);
    const expected = (await stateOf(fresh)) as { queue: object; role: object };
    // Its messages are still on the queue, and IAM stores a list of one item as it was written.
    const queue = { ...expected.queue, messages: 3 };
    const role = { ...expected.role, trustPolicy: expect.anything() };
    expect(adopted).toEqual({ ...expected, queue, role });
  });

  test('is completed by the next deploy after an interruption at any mutating call', async () => {
    const complete = createCloud(aws);
    await deployWithPython(complete);
    await deploy(complete);
    const expected = await stateOf(complete);
    await interruptAfterEachCall(aws, deployWithPython, deploy, async (cloud, _, callCount) =>
      expect(
        await stateOf(cloud),
        `interrupted after call ${callCount}, ${complete.changes[callCount - 1]}`,
      ).toEqual(expected),
    );
  });

  // The rest on the sandbox only: see SANDBOX_ONLY.
  if (name === 'moto') return;

  test('leaves a disabled event source disabled', async () => {
    const cloud = createCloud(aws);
    await deployWithPython(cloud, { enabled: false });
    const plan = await deploy(cloud);
    expect(plan.resources.find(({ kind }) => kind === 'eventSource')?.notes).toEqual([
      'It stays disabled; "tdd resume" enables it.',
    ]);
    expect(await stateOf(cloud)).toMatchObject({
      eventSource: { enabled: false, maximumConcurrency: 4 },
      function: { hasResumeTag: false },
    });
  });

  test('is planned as an update when only the last call was not made', async () => {
    const complete = createCloud(aws);
    await deployWithPython(complete);
    await deploy(complete);
    await aws.reset();
    const cloud = createCloud(aws);
    await deployWithPython(cloud);
    cloud.interruptAfter(complete.changes.length - 1);
    await expect(deploy(cloud)).rejects.toThrow('interrupted');
    cloud.interruptAfter(Number.POSITIVE_INFINITY);
    const plan = await planDeployment(cloud, { input: INPUT, zip: ZIP });
    expect(plan.steps).toHaveLength(1);
    expect(plan.resources.filter(({ action }) => action !== 'unchanged')).toMatchObject([
      {
        kind: 'function',
        action: 'update',
        notes: ['The tag "tdd:event-source" of an interrupted deploy will be removed.'],
      },
    ]);
  });

  test.each(CHANGES_BY_HAND)(
    'refuses one with %s, and adopts it with --adopt',
    async (_, message, change) => {
      const cloud = createCloud(aws);
      await deployWithPython(cloud);
      await change(cloud);
      await expect(deploy(cloud)).rejects.toThrow(message);
      expect(cloud.changes).toEqual([]);
      await deploy(cloud, INPUT, ZIP, undefined, { adopt: true });
      expect((await planDeployment(cloud, { input: INPUT, zip: ZIP })).steps).toEqual([]);
    },
  );

  test('shows adopted resources with old and new values, and what happens to waiting messages', async () => {
    const cloud = createCloud(aws);
    await deployWithPython(cloud, { variables: { API_KEY: OLD_KEY } });
    const plan = await planDeployment(cloud, { input: INPUT, zip: ZIP });
    expect(plan.resources.map(({ kind, action }) => [kind, action])).toEqual([
      ['bucket', 'unchanged'],
      ['deadLetterQueue', 'create'],
      ['queue', 'adopt'],
      ['role', 'adopt'],
      ['logGroup', 'create'],
      ['function', 'adopt'],
      ['eventSource', 'adopt'],
    ]);
    const queue = plan.resources.find(({ kind }) => kind === 'queue');
    expect(queue?.changes).toContainEqual({ property: 'VisibilityTimeout', old: '900', new: '1800' });
    expect(queue?.notes).toEqual([
      'Its messages (about 3) stay on it, except that SQS moves those received more than 5 times to films-queue-dlq.',
    ]);
    const lambda = plan.resources.find(({ kind }) => kind === 'function');
    expect(lambda?.changes).toContainEqual({ property: 'Runtime', old: 'python3.12', new: 'nodejs24.x' });
    expect(lambda?.changes).toContainEqual({ property: 'Environment.API_KEY', old: '(hidden)' });
    expect(lambda?.notes).toContain('Environment variables that tdd does not set will be removed.');
    const role = plan.resources.find(({ kind }) => kind === 'role');
    expect(role?.changes.filter(({ property }) => property.startsWith('Managed policy '))).toHaveLength(3);
    for (const secret of [API_KEY, OLD_KEY]) expect(JSON.stringify(plan)).not.toContain(secret);
  });
});

/** What no longer is as the Python tool creates it, and the resources that are then refused. */
const CHANGES_BY_HAND: readonly (readonly [string, RegExp, (cloud: Cloud) => Promise<unknown>])[] = [
  [
    'another description of the function',
    /^The queue "films-queue", the function "films", and the event source .* --adopt\.$/,
    ({ byHand }) =>
      byHand.lambda.send(
        new UpdateFunctionConfigurationCommand({ FunctionName: NAMES.function, Description: 'Payroll' }),
      ),
  ],
  [
    'another handler of the function',
    /^The queue "films-queue", the function "films", and the event source .* --adopt\.$/,
    ({ byHand }) =>
      byHand.lambda.send(
        new UpdateFunctionConfigurationCommand({ FunctionName: NAMES.function, Handler: 'payroll.run' }),
      ),
  ],
  [
    'another policy of the role',
    /^The role "films-role" exists .* --adopt\.$/,
    ({ byHand }) =>
      byHand.iam.send(
        new AttachRolePolicyCommand({
          RoleName: NAMES.role,
          PolicyArn: 'arn:aws:iam::aws:policy/AmazonSQSFullAccess',
        }),
      ),
  ],
];

/** The managed policies of its role. */
const POLICIES = [
  'AmazonS3FullAccess',
  'service-role/AWSLambdaSQSQueueExecutionRole',
  'service-role/AWSLambdaBasicExecutionRole',
];

/** Creates a deployment as the Python tool does, with three messages on its queue. */
async function deployWithPython(
  { byHand }: Cloud,
  { enabled = true, variables = {} }: { enabled?: boolean; variables?: Record<string, string> } = {},
): Promise<void> {
  await byHand.s3.send(new CreateBucketCommand({ Bucket: NAMES.bucket }));
  const { QueueUrl } = await byHand.sqs.send(
    new CreateQueueCommand({ QueueName: NAMES.queue, Attributes: { VisibilityTimeout: '900' } }),
  );
  for (let message = 0; message < 3; message += 1) {
    await byHand.sqs.send(
      new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify({ year: '2004', initial: 'AD' }) }),
    );
  }
  const trust = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
  await byHand.iam.send(
    new CreateRoleCommand({
      RoleName: NAMES.role,
      Path: '/service-role/',
      Description: 'Execution role for TMDB Distributed Downloader lambda function',
      MaxSessionDuration: 3600,
      AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }),
    }),
  );
  for (const name of POLICIES) {
    const PolicyArn = `arn:aws:iam::aws:policy/${name}`;
    await byHand.iam.send(new AttachRolePolicyCommand({ RoleName: NAMES.role, PolicyArn }));
  }
  await byHand.lambda.send(
    new CreateFunctionCommand({
      FunctionName: NAMES.function,
      Runtime: 'python3.12', // Created as python3.6, and upgraded by its owner, because Lambda retired that.
      Description: 'Distribute download for TMDB movies using IMDB movie ids.',
      Handler: 'lambda_function.lambda_handler',
      Role: NAMES.roleArn,
      Timeout: 900,
      MemorySize: 256,
      Publish: true,
      Code: { ZipFile: await zipOf({ 'lambda_function.py': 'def lambda_handler(event, context): pass' }) },
      Environment: { Variables: { TMDB_API_KEY: OLD_KEY, DATALAKE_BUCKET_NAME: NAMES.bucket, ...variables } },
    }),
  );
  // Created last, because moto runs the function for messages that it receives.
  await byHand.lambda.send(
    new CreateEventSourceMappingCommand({
      FunctionName: NAMES.function,
      EventSourceArn: NAMES.queueArn,
      BatchSize: 1,
      Enabled: enabled,
    }),
  );
}
