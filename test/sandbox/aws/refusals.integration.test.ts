import { spawnSync } from 'node:child_process';
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DetachRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  CreateEventSourceMappingCommand,
  type CreateFunctionCommandInput,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  GetFunctionConfigurationCommand,
  GetFunctionRecursionConfigCommand,
  ListEventSourceMappingsCommand,
  PutFunctionRecursionConfigCommand,
  UpdateEventSourceMappingCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import {
  CreateQueueCommand,
  DeleteQueueCommand,
  ListMessageMoveTasksCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { afterEach, describe, expect, it } from 'vitest';
import type { AwsOptions } from '../../../sandbox/aws/start-aws.ts';
import {
  createFunction,
  createQueue,
  createRole,
  policyOf,
  startTestAws,
  type TestAws,
  TRUST,
  until,
  zipOf,
} from './support.ts';

const SOURCE = 'export async function handler() {}';

const running: TestAws[] = [];
async function start(options: Partial<AwsOptions> = {}): Promise<TestAws> {
  const test = await startTestAws(options);
  running.push(test);
  return test;
}
afterEach(async () => {
  await Promise.all(running.splice(0).map((test) => test.stop()));
});

function map(test: TestAws, queueArn: string, settings: Record<string, unknown> = {}) {
  return test.lambda.send(
    new CreateEventSourceMappingCommand({ EventSourceArn: queueArn, FunctionName: 'worker', ...settings }),
  );
}

const invalid = (message: RegExp) => ({
  name: 'InvalidParameterValueException',
  message: expect.stringMatching(message),
});

describe('a new function is rejected', () => {
  it('before IAM propagation, and when its role does not trust Lambda', async () => {
    const test = await start({ roleDelayMs: 10_000 });
    const role = await createRole(test);
    await expect(createFunction(test, role, SOURCE)).rejects.toMatchObject(
      invalid(/cannot be assumed by Lambda/),
    );
    test.aws.passTime(10_000);
    await createFunction(test, role, SOURCE);
    const { Role } = await test.iam.send(
      new CreateRoleCommand({
        RoleName: 'others',
        AssumeRolePolicyDocument: TRUST.replace('lambda.amazonaws.com', 'ec2.amazonaws.com'),
      }),
    );
    test.aws.passTime(10_000);
    await expect(
      createFunction(test, Role?.Arn ?? '', SOURCE, { FunctionName: 'other' }),
    ).rejects.toMatchObject(invalid(/cannot be assumed by Lambda/));
    // A changed trust policy has to propagate, too.
    await test.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'others', PolicyDocument: TRUST }));
    const createOther = () => createFunction(test, Role?.Arn ?? '', SOURCE, { FunctionName: 'other' });
    await expect(createOther()).rejects.toMatchObject(invalid(/cannot be assumed by Lambda/));
    test.aws.passTime(10_000);
    await createOther();
  });

  it('with settings that Lambda rejects', async () => {
    const test = await start();
    const role = await createRole(test);
    const variables = (name: string, value: string) => ({ Environment: { Variables: { [name]: value } } });
    const cases: [Partial<CreateFunctionCommandInput>, object][] = [
      [{ Code: { ZipFile: Buffer.from('no zip') } }, invalid(/Could not unzip uploaded file/)],
      [{ Code: {} }, invalid(/Please provide a source for function code/)],
      [{ Runtime: 'python3.6' }, invalid(/python3.6 is no longer supported/)],
      [{ Runtime: 'nodejs99.x' as 'nodejs22.x' }, invalid(/Value nodejs99.x at 'runtime' failed/)],
      [variables('AWS_REGION', 'x'), invalid(/Reserved keys used in this request: AWS_REGION/)],
      [variables('LONG', 'x'.repeat(4096)), invalid(/exceeded the 4KB limit/)],
      [{ MemorySize: 127 }, { name: 'ValidationException' }],
      [{ Timeout: 901 }, { name: 'ValidationException' }],
      [{ FunctionName: 'no name' }, { name: 'ValidationException' }],
    ];
    for (const [settings, error] of cases) {
      await expect(
        createFunction(test, role, SOURCE, settings),
        JSON.stringify(settings),
      ).rejects.toMatchObject(error);
    }
  });
});

describe('an update is rejected', () => {
  it('while another one is in progress', async () => {
    const test = await start({ updateDelayMs: 10_000 });
    const FunctionName = 'worker';
    const { State } = await createFunction(test, await createRole(test), SOURCE);
    expect(State).toBe('Pending');
    const update = () =>
      test.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 20 }));
    const conflict = { name: 'ResourceConflictException', $metadata: { httpStatusCode: 409 } };
    await expect(update()).rejects.toMatchObject(conflict);
    test.aws.passTime(10_000);
    const { LastUpdateStatus } = await update();
    expect(LastUpdateStatus).toBe('InProgress');
    const ZipFile = await zipOf({ 'index.mjs': SOURCE });
    await expect(
      test.lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile })),
    ).rejects.toMatchObject(conflict);
    test.aws.passTime(10_000);
    expect(await test.lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))).toMatchObject({
      LastUpdateStatus: 'Successful',
      State: 'Active',
    });
  });

  it('while a mapping is being created or changed', async () => {
    const test = await start({ updateDelayMs: 10_000 });
    const queue = await createQueue(test, 'jobs');
    await createFunction(test, await createRole(test), SOURCE);
    const { UUID, State } = await map(test, queue.arn);
    expect(State).toBe('Creating');
    const disable = () => test.lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
    await expect(disable()).rejects.toMatchObject({ name: 'ResourceInUseException' });
    test.aws.passTime(10_000);
    expect((await disable()).State).toBe('Disabling');
    await expect(test.lambda.send(new DeleteEventSourceMappingCommand({ UUID }))).rejects.toMatchObject({
      name: 'ResourceInUseException',
    });
    const stateNow = async () => (await test.lambda.send(new GetEventSourceMappingCommand({ UUID }))).State;
    test.aws.passTime(10_000);
    expect(await stateNow()).toBe('Disabled');
    await test.lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
    expect(await stateNow()).toBe('Deleting');
    test.aws.passTime(10_000);
    await expect(stateNow()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });

  it("when the visibility timeout is shorter than the function's timeout", async () => {
    const test = await start();
    const queue = await createQueue(test, 'jobs', { VisibilityTimeout: '30' });
    await createFunction(test, await createRole(test), SOURCE, { Timeout: 31 });
    await expect(map(test, queue.arn)).rejects.toMatchObject(
      invalid(/^Queue visibility timeout: 30 seconds is less than Function timeout: 31 seconds$/),
    );
    const setTimeoutTo = (Timeout: number) =>
      test.lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: 'worker', Timeout }));
    await setTimeoutTo(30);
    await map(test, queue.arn);
    await expect(setTimeoutTo(31)).rejects.toMatchObject(invalid(/^Queue visibility timeout/));
  });
});

describe('a new mapping is rejected', () => {
  it('without permission to read the queue, and before that permission has propagated', async () => {
    const test = await start({ roleDelayMs: 10_000 });
    const queue = await createQueue(test, 'jobs');
    const polling = (Resource: string) =>
      policyOf({ Action: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], Resource });
    const role = await createRole(test, 'worker', polling('arn:aws:sqs:*:*:others'));
    test.aws.passTime(10_000);
    await createFunction(test, role, SOURCE);
    const denied = invalid(/does not have permissions to call ReceiveMessage on SQS/);
    await expect(map(test, queue.arn)).rejects.toMatchObject(denied);
    await test.iam.send(
      new AttachRolePolicyCommand({
        RoleName: 'worker',
        PolicyArn: 'arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole',
      }),
    );
    await expect(map(test, queue.arn)).rejects.toMatchObject(denied);
    test.aws.passTime(10_000);
    await map(test, queue.arn);
  });

  it('when it exists, with numbers out of range, and for a missing function or queue', async () => {
    const test = await start();
    const queue = await createQueue(test, 'jobs');
    await createFunction(test, await createRole(test), SOURCE);
    await expect(map(test, queue.arn, { ScalingConfig: { MaximumConcurrency: 1 } })).rejects.toMatchObject({
      name: 'ValidationException',
    });
    await expect(map(test, queue.arn, { BatchSize: 11 })).rejects.toMatchObject(invalid(/batch window/));
    await expect(map(test, `${queue.arn}-none`)).rejects.toMatchObject(invalid(/NonExistentQueue/));
    await expect(
      test.lambda.send(new ListEventSourceMappingsCommand({ FunctionName: 'none' })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(map(test, queue.arn, { FunctionName: 'none' })).rejects.toMatchObject({
      name: 'ResourceNotFoundException',
    });
    const { UUID = '' } = await map(test, queue.arn);
    await expect(map(test, queue.arn)).rejects.toMatchObject({
      name: 'ResourceConflictException',
      message: expect.stringContaining(UUID),
    });
    await expect(
      test.lambda.send(new UpdateEventSourceMappingCommand({ UUID: 'none', Enabled: true })),
    ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  });
});

it('stores the setting for recursive invocations', async () => {
  const test = await start();
  await createFunction(test, await createRole(test), SOURCE);
  const FunctionName = 'worker';
  const read = () => test.lambda.send(new GetFunctionRecursionConfigCommand({ FunctionName }));
  expect((await read()).RecursiveLoop).toBe('Terminate');
  await test.lambda.send(new PutFunctionRecursionConfigCommand({ FunctionName, RecursiveLoop: 'Allow' }));
  expect((await read()).RecursiveLoop).toBe('Allow');
});

it('rejects the deletion of a role with managed policies', async () => {
  const test = await start();
  const PolicyArn = 'arn:aws:iam::aws:policy/AmazonS3FullAccess';
  const RoleName = 'guarded';
  await test.iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: TRUST }));
  await test.iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn }));
  expect((await test.iam.send(new ListAttachedRolePoliciesCommand({ RoleName }))).AttachedPolicies).toEqual([
    { PolicyName: 'AmazonS3FullAccess', PolicyArn },
  ]);
  await expect(test.iam.send(new DeleteRoleCommand({ RoleName }))).rejects.toMatchObject({
    name: 'DeleteConflictException',
  });
  await test.iam.send(new DetachRolePolicyCommand({ RoleName, PolicyArn }));
  await test.iam.send(new DeleteRoleCommand({ RoleName }));
});

it('reserves the name of a deleted queue for a while', async () => {
  const test = await start({ queueNameDelayMs: 1_000 });
  const queue = await createQueue(test, 'jobs');
  await test.sqs.send(new DeleteQueueCommand({ QueueUrl: queue.url }));
  const create = () => test.sqs.send(new CreateQueueCommand({ QueueName: 'jobs' }));
  await expect(create()).rejects.toMatchObject({ name: 'QueueDeletedRecently' });
  await until(() => create().catch(() => undefined));
});

it('moves dead letters back to their source queue, and rejects that for other queues', async () => {
  const test = await start();
  const dead = await createQueue(test, 'dead');
  const queue = await createQueue(test, 'jobs', {
    VisibilityTimeout: '0',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: dead.arn, maxReceiveCount: 1 }),
  });
  const receive = async (QueueUrl: string) =>
    (await test.sqs.send(new ReceiveMessageCommand({ QueueUrl, MessageSystemAttributeNames: ['All'] })))
      .Messages;
  await test.sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'poison' }));
  expect(await receive(queue.url)).toHaveLength(1);
  expect(await receive(queue.url)).toBeUndefined();

  const move = (SourceArn: string) => test.sqs.send(new StartMessageMoveTaskCommand({ SourceArn }));
  await expect(move(queue.arn)).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  await expect(move(`${queue.arn}-none`)).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
  await move(dead.arn);
  const list = async () =>
    (await test.sqs.send(new ListMessageMoveTasksCommand({ SourceArn: dead.arn }))).Results;
  expect(await list()).toEqual([]);
  expect(await list()).toMatchObject([{ Status: 'COMPLETED', ApproximateNumberOfMessagesMoved: 1 }]);
  expect(await receive(queue.url)).toMatchObject([
    { Body: 'poison', Attributes: { ApproximateReceiveCount: '1' } },
  ]);
});

it('delivers no message to a client that has disconnected', async () => {
  const test = await start();
  const queue = await createQueue(test, 'jobs');
  const gone = new AbortController();
  const waiting = test.sqs.send(new ReceiveMessageCommand({ QueueUrl: queue.url, WaitTimeSeconds: 20 }), {
    abortSignal: gone.signal,
  });
  setTimeout(() => gone.abort(), 100);
  await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
  await test.sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'kept' }));
  const { Messages } = await test.sqs.send(
    new ReceiveMessageCommand({ QueueUrl: queue.url, WaitTimeSeconds: 5 }),
  );
  expect(Messages).toMatchObject([{ Body: 'kept' }]);
});

it('delivers no message to a client that has disconnected before its request was read', async () => {
  const test = await start();
  const queue = await createQueue(test, 'jobs');
  await test.sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'kept' }));
  const authorization = 'Credential=sandbox/20261122/us-east-1/sqs/aws4_request';
  const headers = { authorization, 'x-amz-target': 'AmazonSQS.ReceiveMessage' };
  const body = JSON.stringify({ QueueUrl: queue.url });
  // This process reads no connection until the client has ended.
  const client = `
    const [url, options, body] = JSON.parse(process.argv[1]);
    require('node:http').request(url, options).end(body, () => process.exit());
  `;
  const request = JSON.stringify([test.aws.endpoint, { method: 'POST', headers }, body]);
  expect(spawnSync(process.execPath, ['-e', client, request]).status).toBe(0);
  // On a new connection, which is accepted after the client's.
  const answer = await fetch(test.aws.endpoint, { method: 'POST', headers, body });
  expect(await answer.json()).toMatchObject({ Messages: [{ Body: 'kept' }] });
});

it('is isolated from other instances', async () => {
  const [one, two] = [await start(), await start()];
  await createQueue(one, 'jobs');
  await createRole(one);
  await createQueue(two, 'jobs', { VisibilityTimeout: '60' });
  await createRole(two);
  expect(one.aws.endpoint).not.toBe(two.aws.endpoint);
});

it('stops running functions, and can be stopped twice', async () => {
  const test = await start();
  const queue = await createQueue(test, 'jobs');
  await createFunction(
    test,
    await createRole(test),
    'export async function handler() { console.log(process.pid); for (;;); }',
  );
  await map(test, queue.arn);
  await test.sqs.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: 'long' }));
  const pid = await until(() => Number(JSON.parse(test.logs[0] ?? '{}').message));
  expect(process.kill(pid, 0)).toBe(true);
  await test.aws.stop();
  expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  await test.aws.stop();
});
