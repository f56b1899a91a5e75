import {
  CreateLogGroupCommand,
  DeleteLogGroupCommand,
  DescribeLogGroupsCommand,
  ListTagsForResourceCommand,
  PutRetentionPolicyCommand,
  TagResourceCommand as TagLogGroupCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  DetachRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
  TagRoleCommand,
} from '@aws-sdk/client-iam';
import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  DeleteFunctionCommand,
  GetEventSourceMappingCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  ListEventSourceMappingsCommand,
  ListTagsCommand,
  TagResourceCommand,
  UpdateEventSourceMappingCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import {
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueueTagsCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SetQueueAttributesCommand,
  TagQueueCommand,
} from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACCOUNT_ID } from '../../../sandbox/aws/world.ts';
import { AWS_TARGETS, type Aws } from '../../support/aws-targets.ts';
import {
  type Clients,
  connect,
  createFunction,
  createQueue,
  createRole,
  TRUST,
  until,
  zipOf,
} from './support.ts';

const SOURCE = 'export async function handler() {}';

describe.each(AWS_TARGETS)('the control plane of $name', ({ start }) => {
  let aws: Aws;
  let clients: Clients;
  beforeAll(async () => {
    aws = await start();
    clients = connect(aws.endpoint);
  });
  afterAll(() => aws.stop());

  // Each name is used once, so that tests do not interfere.
  const queueArn = (name: string) => `arn:aws:sqs:us-east-1:${ACCOUNT_ID}:${name}`;

  it('reports the account', async () => {
    expect((await clients.sts.send(new GetCallerIdentityCommand())).Account).toBe(ACCOUNT_ID);
  });

  it('stores a role with its trust policy, tags and inline policy', async () => {
    const { iam } = clients;
    await iam.send(
      new CreateRoleCommand({
        RoleName: 'kept',
        Path: '/service-role/',
        AssumeRolePolicyDocument: TRUST,
        Tags: [{ Key: 'tdd:stack', Value: 'a' }],
      }),
    );
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'kept' }));
    expect(Role).toMatchObject({
      Arn: `arn:aws:iam::${ACCOUNT_ID}:role/service-role/kept`,
      Path: '/service-role/',
      Tags: [{ Key: 'tdd:stack', Value: 'a' }],
    });
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).toBe(TRUST);
    await iam.send(new TagRoleCommand({ RoleName: 'kept', Tags: [{ Key: 'more', Value: 'b c' }] }));
    expect((await iam.send(new GetRoleCommand({ RoleName: 'kept' }))).Role?.Tags).toContainEqual({
      Key: 'more',
      Value: 'b c',
    });

    const PolicyDocument = TRUST.replace('sts:AssumeRole', 's3:GetObject').replace(
      /"Principal":\{.*?\}/,
      '"Resource":"arn:aws:s3:::a/é"',
    );
    await iam.send(new PutRolePolicyCommand({ RoleName: 'kept', PolicyName: 'tdd', PolicyDocument }));
    const policy = await iam.send(new GetRolePolicyCommand({ RoleName: 'kept', PolicyName: 'tdd' }));
    expect(JSON.parse(decodeURIComponent(policy.PolicyDocument ?? ''))).toEqual(JSON.parse(PolicyDocument));
    expect((await iam.send(new ListRolePoliciesCommand({ RoleName: 'kept' }))).PolicyNames).toEqual(['tdd']);
  });

  it('rejects an existing, an unknown and an invalid role', async () => {
    const { iam } = clients;
    const create = (RoleName: string, AssumeRolePolicyDocument = TRUST) =>
      iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }));
    await create('twice');
    await expect(create('twice')).rejects.toMatchObject({
      name: 'EntityAlreadyExistsException',
      $metadata: { httpStatusCode: 409 },
    });
    await expect(
      iam.send(new PutRolePolicyCommand({ RoleName: 'twice', PolicyName: 'tdd', PolicyDocument: '{' })),
    ).rejects.toMatchObject({ name: 'MalformedPolicyDocumentException' });
    for (const call of [
      () => iam.send(new GetRoleCommand({ RoleName: 'unknown' })),
      () => iam.send(new DeleteRoleCommand({ RoleName: 'unknown' })),
      () => iam.send(new GetRolePolicyCommand({ RoleName: 'twice', PolicyName: 'unknown' })),
      () => iam.send(new DetachRolePolicyCommand({ RoleName: 'twice', PolicyArn: MANAGED })),
      () =>
        iam.send(
          new AttachRolePolicyCommand({ RoleName: 'twice', PolicyArn: 'arn:aws:iam::aws:policy/None' }),
        ),
    ]) {
      await expect(call()).rejects.toMatchObject({
        name: 'NoSuchEntityException',
        $metadata: { httpStatusCode: 404 },
      });
    }
  });

  it('deletes a role only when it has no policies', async () => {
    const { iam } = clients;
    const RoleName = 'guarded';
    await createRole(clients, RoleName);
    await expect(iam.send(new DeleteRoleCommand({ RoleName }))).rejects.toMatchObject({
      name: 'DeleteConflictException',
    });
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'tdd' }));
    await iam.send(new DeleteRoleCommand({ RoleName }));
    await expect(iam.send(new GetRoleCommand({ RoleName }))).rejects.toThrow();
  });

  it('stores a log group with its retention and tags', async () => {
    const { cloudWatchLogs } = clients;
    const logGroupName = '/aws/lambda/kept';
    await cloudWatchLogs.send(new CreateLogGroupCommand({ logGroupName, tags: { a: '1' } }));
    await expect(cloudWatchLogs.send(new CreateLogGroupCommand({ logGroupName }))).rejects.toMatchObject({
      name: 'ResourceAlreadyExistsException',
    });
    await cloudWatchLogs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 30 }));
    const { logGroups } = await cloudWatchLogs.send(
      new DescribeLogGroupsCommand({ logGroupNamePrefix: '/aws/lambda/k' }),
    );
    const resourceArn = `arn:aws:logs:us-east-1:${ACCOUNT_ID}:log-group:${logGroupName}`;
    expect(logGroups).toMatchObject([{ logGroupName, retentionInDays: 30, arn: `${resourceArn}:*` }]);
    await cloudWatchLogs.send(new TagLogGroupCommand({ resourceArn, tags: { b: '2' } }));
    expect((await cloudWatchLogs.send(new ListTagsForResourceCommand({ resourceArn }))).tags).toEqual({
      a: '1',
      b: '2',
    });
    await cloudWatchLogs.send(new DeleteLogGroupCommand({ logGroupName }));
    for (const call of [
      () => cloudWatchLogs.send(new DeleteLogGroupCommand({ logGroupName })),
      () => cloudWatchLogs.send(new PutRetentionPolicyCommand({ logGroupName, retentionInDays: 30 })),
    ]) {
      await expect(call()).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    }
  });

  it('stores a function and its updates', async () => {
    const { lambda } = clients;
    const role = await createRole(clients, 'of-kept');
    const FunctionName = 'kept';
    const created = await createFunction(clients, role, SOURCE, {
      FunctionName,
      Environment: { Variables: { A: '1' } },
      Tags: { 'tdd:stack': 'a' },
    });
    const arn = `arn:aws:lambda:us-east-1:${ACCOUNT_ID}:function:kept`;
    expect(created).toMatchObject({
      FunctionArn: arn,
      Runtime: 'nodejs22.x',
      Role: role,
      Handler: 'index.handler',
      Timeout: 10,
      MemorySize: 128,
      Environment: { Variables: { A: '1' } },
    });
    const found = await lambda.send(new GetFunctionCommand({ FunctionName }));
    expect(found).toMatchObject({
      Configuration: { State: 'Active', CodeSha256: created.CodeSha256 },
      Tags: { 'tdd:stack': 'a' },
    });
    await lambda.send(new TagResourceCommand({ Resource: arn, Tags: { b: '2' } }));
    expect((await lambda.send(new ListTagsCommand({ Resource: arn }))).Tags).toMatchObject({ b: '2' });

    await lambda.send(
      new UpdateFunctionConfigurationCommand({ FunctionName, MemorySize: 512, Timeout: 300 }),
    );
    const ZipFile = await zipOf({ 'index.mjs': `${SOURCE} // new` });
    const { CodeSha256 } = await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }));
    expect(CodeSha256).not.toBe(created.CodeSha256);
    expect(await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: arn }))).toMatchObject({
      MemorySize: 512,
      Timeout: 300,
      CodeSha256,
      Environment: { Variables: { A: '1' } },
    });

    await expect(createFunction(clients, role, SOURCE, { FunctionName })).rejects.toMatchObject({
      name: 'ResourceConflictException',
      $metadata: { httpStatusCode: 409 },
    });
    await lambda.send(new DeleteFunctionCommand({ FunctionName }));
    for (const call of [
      () => lambda.send(new GetFunctionCommand({ FunctionName })),
      () => lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 1 })),
      () => lambda.send(new DeleteFunctionCommand({ FunctionName })),
      () => lambda.send(new ListTagsCommand({ Resource: arn })),
    ]) {
      await expect(call()).rejects.toMatchObject({
        name: 'ResourceNotFoundException',
        $metadata: { httpStatusCode: 404 },
      });
    }
  });

  it('rejects a function with a missing or malformed role', async () => {
    const missing = `arn:aws:iam::${ACCOUNT_ID}:role/missing`;
    await expect(
      createFunction(clients, missing, SOURCE, { FunctionName: 'roleless' }),
    ).rejects.toMatchObject({
      name: 'InvalidParameterValueException',
      message: 'The role defined for the function cannot be assumed by Lambda.',
    });
    await expect(
      createFunction(clients, 'worker', SOURCE, { FunctionName: 'roleless' }),
    ).rejects.toMatchObject({
      name: 'ValidationException',
    });
  });

  it('stores a mapping and its updates', async () => {
    const { lambda } = clients;
    const role = await createRole(clients, 'of-mapped');
    await createFunction(clients, role, SOURCE, { FunctionName: 'mapped' });
    await createQueue(clients, 'mapped', { VisibilityTimeout: '60' });
    const { UUID } = await lambda.send(
      new CreateEventSourceMappingCommand({
        EventSourceArn: queueArn('mapped'),
        FunctionName: 'mapped',
        BatchSize: 1,
        Enabled: false,
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 4 },
      }),
    );
    expect(
      (await lambda.send(new ListEventSourceMappingsCommand({ EventSourceArn: queueArn('mapped') })))
        .EventSourceMappings,
    ).toMatchObject([
      {
        UUID,
        EventSourceArn: queueArn('mapped'),
        FunctionArn: `arn:aws:lambda:us-east-1:${ACCOUNT_ID}:function:mapped`,
        BatchSize: 1,
        State: 'Disabled',
        FunctionResponseTypes: ['ReportBatchItemFailures'],
        ScalingConfig: { MaximumConcurrency: 4 },
      },
    ]);
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, BatchSize: 2, Enabled: true }));
    expect(await lambda.send(new GetEventSourceMappingCommand({ UUID }))).toMatchObject({
      BatchSize: 2,
      State: 'Enabled',
    });
    await lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
    await until(() =>
      lambda.send(new GetEventSourceMappingCommand({ UUID })).then(
        () => undefined,
        (error: Error) => error.name === 'ResourceNotFoundException',
      ),
    );
  });

  it('stores a queue with its settings and tags', async () => {
    const { sqs } = clients;
    const dead = await createQueue(clients, 'kept-dlq');
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArn('kept-dlq'), maxReceiveCount: 5 });
    const queue = await createQueue(clients, 'kept', { VisibilityTimeout: '1800', RedrivePolicy });
    expect((await sqs.send(new GetQueueUrlCommand({ QueueName: 'kept' }))).QueueUrl).toBe(queue.url);
    await sqs.send(
      new SetQueueAttributesCommand({
        QueueUrl: dead.url,
        Attributes: { MessageRetentionPeriod: '1209600' },
      }),
    );
    await sqs.send(new TagQueueCommand({ QueueUrl: queue.url, Tags: { 'tdd:stack': 'a' } }));
    expect((await sqs.send(new ListQueueTagsCommand({ QueueUrl: queue.url }))).Tags).toEqual({
      'tdd:stack': 'a',
    });
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: ['All'] }),
    );
    expect(Attributes).toMatchObject({
      QueueArn: queueArn('kept'),
      VisibilityTimeout: '1800',
      ApproximateNumberOfMessages: '0',
    });
    expect(JSON.parse(Attributes?.RedrivePolicy ?? '')).toEqual(JSON.parse(RedrivePolicy));
    await expect(sqs.send(new GetQueueUrlCommand({ QueueName: 'unknown' }))).rejects.toMatchObject({
      name: 'QueueDoesNotExist',
    });
    await expect(
      sqs.send(
        new SetQueueAttributesCommand({
          QueueUrl: queue.url,
          Attributes: { RedrivePolicy: RedrivePolicy.replace('kept-dlq', 'unknown') },
        }),
      ),
    ).rejects.toThrow();
  });

  it('reports the accepted messages of a batch, and moves messages to the dead-letter queue', async () => {
    const { sqs } = clients;
    const dead = await createQueue(clients, 'moved-dlq');
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: queueArn('moved-dlq'), maxReceiveCount: 1 });
    const queue = await createQueue(clients, 'moved', { VisibilityTimeout: '0', RedrivePolicy });
    const sent = await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl: queue.url,
        Entries: [
          { Id: 'a', MessageBody: 'one' },
          {
            Id: 'b',
            MessageBody: 'two',
            MessageAttributes: { run: { DataType: 'String', StringValue: 'r' } },
          },
        ],
      }),
    );
    expect(sent.Successful?.map(({ Id }) => Id)).toEqual(['a', 'b']);

    const receive = async (QueueUrl: string) =>
      (
        await sqs.send(
          new ReceiveMessageCommand({
            QueueUrl,
            MaxNumberOfMessages: 10,
            VisibilityTimeout: 0,
            MessageSystemAttributeNames: ['All'],
            MessageAttributeNames: ['All'],
          }),
        )
      ).Messages ?? [];
    await until(async () => (await receive(queue.url)).length === 0);
    const letters = await until(async () => {
      const found = await receive(dead.url);
      return found.length === 2 ? found : undefined;
    });
    expect(letters.map(({ Body }) => Body).sort()).toEqual(['one', 'two']);
    expect(letters.find(({ Body }) => Body === 'two')?.MessageAttributes?.run?.StringValue).toBe('r');
  });
});

const MANAGED = 'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole';
