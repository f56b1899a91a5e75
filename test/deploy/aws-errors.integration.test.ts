import { CreateRoleCommand, DeleteRoleCommand, DeleteRolePolicyCommand } from '@aws-sdk/client-iam';
import { DeleteEventSourceMappingCommand, type GetFunctionCommandOutput } from '@aws-sdk/client-lambda';
import { S3Client } from '@aws-sdk/client-s3';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Call, interceptCalls, readOnlyClients } from '../../src/aws/calls.ts';
import { observeIdentity } from '../../src/aws/clients.ts';
import { applyDeployment } from '../../src/deploy/apply.ts';
import { planDestroy } from '../../src/deploy/destroy.ts';
import { basisOf, planDeployment } from '../../src/deploy/plan.ts';
import { UsageError, UserError } from '../../src/errors.ts';
import { type Aws, SANDBOX_ONLY } from '../support/aws-targets.ts';
import { API_KEY, type Cloud, createCloud, deploy, INPUT, NAMES, stateOf, ZIP } from './cloud.ts';

/** A trust policy that differs from the deployment's. */
const NO_TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' }],
});

/** A service's error response, as the SDK throws it. */
function answer(name: string, message: string, httpStatusCode = 400): Error {
  return Object.assign(new Error(message), { name, $fault: 'client', $metadata: { httpStatusCode } });
}

/** Wraps a cloud so that `instead` can throw in place of a call. It receives the number of calls of that operation. */
function withAnswers(cloud: Cloud, instead: (call: Call, count: number) => void): Cloud {
  const counts = new Map<string, number>();
  const clients = interceptCalls(cloud.clients, async (call, next) => {
    const count = (counts.get(call.operation) ?? 0) + 1;
    counts.set(call.operation, count);
    instead(call, count);
    return next();
  });
  return { ...cloud, clients };
}

/** Throws `error` for the first `times` calls of an operation. */
function failing(cloud: Cloud, operation: string, error: Error, times = Number.POSITIVE_INFINITY): Cloud {
  return withAnswers(cloud, (call, count) => {
    if (call.operation === operation && count <= times) throw error;
  });
}

/** Wraps a cloud so that `change` can modify the responses of GetFunction. It receives the number of calls. */
function withFunction(
  cloud: Cloud,
  change: (found: GetFunctionCommandOutput, count: number) => GetFunctionCommandOutput,
): Cloud {
  let count = 0;
  const clients = interceptCalls(cloud.clients, async (call, next) => {
    const found = await next();
    if (call.operation !== 'GetFunction') return found;
    count += 1;
    return change(found as GetFunctionCommandOutput, count);
  });
  return { ...cloud, clients };
}

const DENIED = answer(
  'AccessDeniedException',
  'User: arn:aws:iam::000000000000:user/ada is not authorized to perform: iam:PassRole on resource: arn:aws:iam::000000000000:role/service-role/films-role',
  403,
);
const NOT_ASSUMABLE = answer(
  'InvalidParameterValueException',
  'The role defined for the function cannot be assumed by Lambda.',
);
const NOT_GRANTABLE = answer(
  'InvalidParameterValueException',
  'Lambda was unable to configure access to your environment variables because the KMS key is invalid for CreateGrant. Please check your KMS key settings. KMS Exception: InvalidArnException KMS Message: ARN does not refer to a valid principal: arn:aws:iam::000000000000:role/service-role/films-role',
);
const NOT_VISIBLE = answer(
  'InvalidParameterValueException',
  'Queue visibility timeout: 30 seconds is less than Function timeout: 300 seconds',
);
const NO_SQS = answer(
  'InvalidParameterValueException',
  'The function execution role does not have permissions to call ReceiveMessage on SQS',
);

describe.each(SANDBOX_ONLY)('how a deploy handles AWS errors', ({ start }) => {
  let aws: Aws;
  beforeAll(async () => {
    aws = await start();
  });
  beforeEach(() => aws.reset());
  afterAll(() => aws.stop());

  describe('retries', () => {
    test.each([
      ['IAM propagation: a new role that Lambda does not see', 'CreateFunction', NOT_ASSUMABLE],
      ['IAM propagation: a new role that KMS does not see', 'CreateFunction', NOT_GRANTABLE],
      ['IAM propagation: permissions that are not in effect', 'CreateEventSourceMapping', NO_SQS],
      [
        'the name of a queue that was deleted less than a minute ago',
        'CreateQueue',
        answer('QueueDeletedRecently', 'You must wait 60 seconds after deleting a queue'),
      ],
      [
        'a dead-letter queue that SQS does not see (eventual consistency)',
        'CreateQueue',
        answer(
          'InvalidParameterValue',
          'Value {...} for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.',
        ),
      ],
      [
        'a new visibility timeout that Lambda does not see (eventual consistency)',
        'CreateEventSourceMapping',
        NOT_VISIBLE,
      ],
      ['the same for an update of the function', 'UpdateFunctionConfiguration', NOT_VISIBLE],
      [
        'another update of the function in progress',
        'UpdateFunctionConfiguration',
        answer('ResourceConflictException', 'An update is in progress for resource', 409),
      ],
      [
        'the name of a bucket that was just deleted',
        'CreateBucket',
        answer('OperationAborted', 'A conflicting conditional operation is currently in progress', 409),
      ],
    ])('%s', async (_, operation, error) => {
      const cloud = createCloud(aws);
      const states: string[] = [];
      await deploy(failing(cloud, operation, error, 3), INPUT, ZIP, (_step, state) => states.push(state));
      expect(states).toContain('waiting');
      expect(await stateOf(cloud)).toMatchObject({ eventSource: { enabled: true } });
      expect((await planDeployment(cloud, { input: INPUT, zip: ZIP })).steps).toEqual([]);
    });

    test('permissions of an old role that an interrupted deploy may have changed', async () => {
      const cloud = createCloud(aws);
      await deploy(cloud);
      const UUID = basisOf(await planDeployment(cloud, { input: INPUT, zip: ZIP })).observed.eventSource?.id;
      await cloud.byHand.lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
      await cloud.clock.sleep(3_600_000);
      await deploy(failing(cloud, 'CreateEventSourceMapping', NO_SQS, 3));
      expect((await planDeployment(cloud, { input: INPUT, zip: ZIP })).steps).toEqual([]);
    });

    test('with a timeout', async () => {
      const cloud = createCloud(aws);
      const before = cloud.clock.now();
      await expect(deploy(failing(cloud, 'CreateFunction', NOT_ASSUMABLE))).rejects.toThrow(
        'AWS rejected lambda:CreateFunction for the function "films" (InvalidParameterValueException): The role defined for the function cannot be assumed by Lambda.',
      );
      expect(cloud.clock.now() - before).toBeGreaterThan(110_000);
      expect(cloud.clock.now() - before).toBeLessThan(180_000);
    });

    test('but not for permissions that did not change recently', async () => {
      const cloud = createCloud(aws);
      await deploy(cloud);
      await cloud.clock.sleep(3_600_000);
      const more = { ...INPUT, workers: 6 };
      const before = cloud.clock.now();
      await expect(deploy(failing(cloud, 'UpdateEventSourceMapping', NO_SQS), more)).rejects.toThrow(
        'does not have permissions to call ReceiveMessage on SQS',
      );
      expect(cloud.clock.now()).toBe(before);
    });
  });

  describe('becomes a UserError at once:', () => {
    test.each([
      [
        'a denied action',
        'CreateQueue',
        answer('AccessDenied', 'Access denied', 403),
        /denied sqs:CreateQueue on the queue "films-queue-dlq"/,
      ],
      [
        'a denied action that the service names',
        'CreateFunction',
        DENIED,
        /denied iam:PassRole on the function "films"/,
      ],
      [
        'a denied read action',
        'GetRole',
        answer('AccessDenied', 'no', 403),
        /denied iam:GetRole on the role "films-role"/,
      ],
      [
        'a bucket of another account',
        'HeadBucket',
        answer('403', 'UnknownError', 403),
        /^UsageError: Access to the bucket "films-lake" is denied: it belongs to another AWS account, or .* s3:ListBucket/,
      ],
      [
        'a bucket name that is taken',
        'CreateBucket',
        answer('BucketAlreadyExists', 'taken', 409),
        /"films-lake" is taken by another AWS account .* choose another name/,
      ],
      [
        'the name of a bucket that S3 keeps after its deletion',
        'CreateBucket',
        answer('OperationAborted', 'A conflicting conditional operation is currently in progress', 409),
        /^UserError: The bucket name "films-lake" is not free yet: S3 keeps the name of a deleted bucket for an hour or longer\. Run .* later, or choose another name\.$/,
      ],
      [
        'an invalid parameter',
        'CreateFunction',
        answer('InvalidParameterValueException', "'MemorySize' value failed to satisfy constraint"),
        /rejected lambda:CreateFunction for the function "films".*'MemorySize' value failed/,
      ],
      [
        'missing credentials',
        'HeadBucket',
        Object.assign(new Error('Could not load credentials from any providers'), {
          name: 'CredentialsProviderError',
        }),
        /^UserError: No valid AWS credentials found \(Could not load .* providers\)\. Sign in with "aws sso login"/,
      ],
      [
        'expired credentials',
        'HeadBucket',
        answer('ExpiredToken', 'The provided token has expired.', 400),
        /^UserError: AWS rejected the credentials \(ExpiredToken: The provided token has expired\)\. Sign in/,
      ],
      [
        'an unreachable service',
        'HeadBucket',
        Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' }),
        /^UserError: S3 cannot be reached \(connect ECONNREFUSED\)/,
      ],
    ])('%s', async (_, operation, error, sentence) => {
      const cloud = failing(createCloud(aws), operation, error);
      const thrown = await deploy(cloud).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(thrown).toBeInstanceOf(UserError);
      expect(String(thrown)).toMatch(sentence);
    });

    test('without the API key', async () => {
      const message = `Value '{TMDB_API_KEY=${API_KEY}}' at 'environment.variables' failed`;
      const cloud = failing(createCloud(aws), 'CreateFunction', answer('ValidationException', message));
      const thrown = await deploy(cloud).catch((reason: unknown) => reason);
      expect(String(thrown)).toContain("Value '{TMDB_API_KEY=(hidden)}'");
      for (let error: unknown = thrown; error instanceof Error; error = error.cause) {
        expect(`${error.message} ${error.stack}`).not.toContain(API_KEY);
      }
    });

    test('a missing region', async () => {
      const clients = {
        ...createCloud(aws).clients,
        region: () => Promise.reject(new Error('Region is missing')),
      };
      await expect(observeIdentity({ clients, profile: undefined })).rejects.toThrow('Set AWS_REGION');
    });
  });

  test('a function whose tags cannot be read is not treated as untagged', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    const TagsError = { ErrorCode: 'AccessDeniedException', Message: 'no' };
    const blind = withFunction(cloud, (found) => ({ ...found, Tags: undefined, TagsError }));
    const sentence =
      'Cannot read the tags of the function "films" (AccessDeniedException: no): grant the permission lambda:ListTags to the user or role in use.';
    await expect(planDeployment(blind, { input: INPUT, zip: ZIP })).rejects.toThrow(sentence);
    await expect(planDestroy(blind, { ...INPUT, deleteBucket: false })).rejects.toThrow(sentence);
  });

  test('a bucket whose tags cannot be read is used unchanged, and the plan says why', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    const blind = failing(cloud, 'GetBucketTagging', answer('AccessDenied', 'no', 403));
    const plan = await planDeployment(blind, { input: INPUT, zip: ZIP });
    expect(plan.resources[0]).toMatchObject({ action: 'unchanged', changes: [] });
    expect(plan.resources[0]?.notes[0]).toContain('s3:GetBucketTagging is denied');
  });

  test('a function in the state Failed is reported with advice, and can be destroyed', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    const failed = withFunction(cloud, (found) => ({
      ...found,
      Configuration: { ...found.Configuration, State: 'Failed', StateReason: 'The image is lost.' },
    }));
    await expect(planDeployment(failed, { input: INPUT, zip: ZIP })).rejects.toThrow(
      'The function "films" is in the state Failed (The image is lost.), which is permanent: delete it with "aws lambda delete-function --function-name films", and run "tdd deploy" again.',
    );
    const plan = await planDestroy(failed, { ...INPUT, deleteBucket: false });
    expect(plan.resources.find(({ kind }) => kind === 'function')?.action).toBe('delete');
  });

  test.each([
    ['being created', { State: 'Pending' as const }],
    ['being updated', { LastUpdateStatus: 'InProgress' as const }],
  ])('a function that is %s is observed only after that', async (_, state) => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    const before = cloud.clock.now();
    const slow = withFunction(cloud, (found, count) =>
      count > 3 ? found : { ...found, Configuration: { ...found.Configuration, ...state, MemorySize: 128 } },
    );
    expect((await planDeployment(slow, { input: INPUT, zip: ZIP })).steps).toEqual([]);
    expect(cloud.clock.now() - before).toBe(6_000);
  });

  test('services that do not see what was just created, or make another change of it, are asked again', async () => {
    const conflict = 'A conflicting operation is currently in progress against this resource.';
    const errors: Readonly<Record<string, readonly Error[]>> = {
      GetBucketTagging: [answer('NoSuchBucket', 'The specified bucket does not exist', 404)],
      PutBucketLifecycleConfiguration: [answer('OperationAborted', conflict, 409)],
      PutRolePolicy: [
        answer('NoSuchEntityException', 'The role with name films-role cannot be found.', 404),
        answer('ConcurrentModificationException', conflict, 409),
      ],
      PutRetentionPolicy: [
        answer('ResourceNotFoundException', 'The specified log group does not exist.'),
        answer('OperationAbortedException', conflict),
      ],
      GetFunctionConfiguration: [answer('ResourceNotFoundException', 'Function not found', 404)],
      CreateEventSourceMapping: [answer('InvalidParameterValueException', 'Function does not exist')],
    };
    const cloud = createCloud(aws);
    const slow = withAnswers(cloud, ({ operation }, count) => {
      const error = errors[operation]?.[count - 1];
      if (error) throw error;
    });
    await deploy(slow);
    expect((await planDeployment(cloud, { input: INPUT, zip: ZIP })).steps).toEqual([]);
  });

  test('a bucket that has just been created needs no permission to block public access', async () => {
    const denied = answer('AccessDenied', 'Access Denied', 403);
    await deploy(failing(createCloud(aws), 'PutPublicAccessBlock', denied));
  });

  test('a region without recursive loop detection has none to turn off', async () => {
    const clientConfig = { ...aws.clientConfig, region: 'mx-central-1' };
    const there = { ...aws, clientConfig, s3: new S3Client({ ...clientConfig, forcePathStyle: true }) };
    const input = { ...INPUT, region: clientConfig.region };
    const cloud = createCloud(there);
    await deploy(cloud, input);
    expect((await planDeployment(cloud, { input, zip: ZIP })).steps).toEqual([]);
  });

  test.each([
    [
      'a region where CreateBucket accepts none',
      'UnsupportedArgument',
      'The request contained an unsupported argument.',
    ],
    ['a server that is compatible with S3', 'MalformedXML', 'The XML you provided was not well-formed'],
  ])('a bucket gets its tag after its creation in %s', async (_, code, message) => {
    const cloud = createCloud(aws);
    const untagged = withAnswers(cloud, ({ operation, input }) => {
      const { Tags } = (input.CreateBucketConfiguration ?? {}) as { readonly Tags?: unknown };
      if (operation === 'CreateBucket' && Tags) throw answer(code, message);
    });
    await deploy(untagged);
    const created = cloud.calls.find(({ operation }) => operation === 'CreateBucket');
    expect(created?.input).toEqual({ Bucket: NAMES.bucket });
    expect((await planDeployment(cloud, { input: INPUT, zip: ZIP })).steps).toEqual([]);
    expect(await stateOf(cloud)).toMatchObject({ bucket: { owner: 'ours' } });
  });

  test('a region where event sources have no tags', async () => {
    const cloud = createCloud(aws);
    const untagged = withAnswers(cloud, ({ operation, input }) => {
      if (operation === 'CreateEventSourceMapping' && input.Tags) {
        throw answer('InvalidParameterValueException', 'Tags not supported in request.');
      }
      if (operation === 'ListTags') {
        const reason = `Unsupported resource type for tagging or invalid arn: ${input.Resource}`;
        throw answer('InvalidParameterValueException', reason);
      }
    });
    await deploy(untagged);
    expect((await planDeployment(untagged, { input: INPUT, zip: ZIP })).steps).toEqual([]);
    const plan = await planDestroy(untagged, { ...INPUT, deleteBucket: false });
    expect(plan.resources.find(({ kind }) => kind === 'eventSource')?.action).toBe('delete');
  });

  test('a function that was created by a call whose response was lost is ready before further updates', async () => {
    const cloud = createCloud(aws);
    const plan = await planDeployment(cloud, { input: INPUT, zip: ZIP });
    await deploy(createCloud(aws));
    const operations = () => cloud.calls.map(({ operation }) => operation);
    const probes = () => {
      const [, ...after] = operations().join(' ').split('CreateFunction');
      return (
        after
          .join()
          .split('PutFunctionRecursionConfig')[0]
          ?.match(/GetFunction\b/g)?.length ?? 0
      );
    };
    const slow = withFunction(cloud, (found) =>
      probes() < 1 || probes() > 3
        ? found
        : { ...found, Configuration: { ...found.Configuration, State: 'Pending' } },
    );
    await applyDeployment(slow, plan);
    expect(probes()).toBe(4);
  });

  test('a queue that a concurrent deploy created is accepted', async () => {
    const cloud = createCloud(aws);
    const plan = await planDeployment(cloud, { input: INPUT, zip: ZIP });
    await deploy(createCloud(aws));
    const exists = answer(
      'AWS.SimpleQueueService.QueueNameExists',
      'A queue already exists with the same name',
    );
    await applyDeployment(failing(cloud, 'CreateQueue', exists), plan);
    expect((await planDeployment(cloud, { input: INPUT, zip: ZIP })).steps).toEqual([]);
  });

  test('an untagged role that appears during the deploy is not adopted without a plan', async () => {
    const cloud = createCloud(aws);
    const plan = await planDeployment(cloud, { input: INPUT, zip: ZIP });
    await cloud.byHand.iam.send(
      new CreateRoleCommand({ RoleName: NAMES.role, AssumeRolePolicyDocument: NO_TRUST }),
    );
    await expect(applyDeployment(cloud, plan)).rejects.toThrow(
      /Another program created the role.*tdd deploy/,
    );
  });

  test('an untagged queue is refused, and with adopt planned with its drift', async () => {
    const cloud = createCloud(aws);
    await cloud.byHand.sqs.send(new CreateQueueCommand({ QueueName: NAMES.queue }));
    await expect(planDeployment(cloud, { input: INPUT, zip: ZIP })).rejects.toThrow(UsageError);
    const plan = await planDeployment(cloud, { input: INPUT, zip: ZIP }, { adopt: true });
    const queue = plan.resources.find(({ kind }) => kind === 'queue');
    expect(queue?.action).toBe('adopt');
    expect(queue?.changes).toContainEqual({ property: 'tdd:stack', new: 'films' });
  });

  test('the plan notes a role that was created again, because the function may not work with it', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    const { iam } = cloud.byHand;
    const RoleName = NAMES.role;
    const noteOf = async (seen: Cloud) =>
      (await planDeployment(seen, { input: INPUT, zip: ZIP })).resources.find(
        ({ kind }) => kind === 'function',
      )?.notes;
    expect(await noteOf(cloud)).toEqual([]);
    await iam.send(new DeleteRolePolicyCommand({ RoleName, PolicyName: 'tdd' }));
    await iam.send(new DeleteRoleCommand({ RoleName }));
    const note = [expect.stringMatching(/KMSAccessDeniedException, delete the function with/)];
    expect(await noteOf(cloud)).toEqual(note);
    await deploy(cloud);
    const older = withFunction(cloud, (found) => ({
      ...found,
      Configuration: { ...found.Configuration, LastModified: '2026-01-01T00:00:00.000+0000' },
    }));
    expect(await noteOf(older)).toEqual(note);
  });

  test('the plan notes a previous queue of the function, whose messages are stranded', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud, { ...INPUT, queueName: 'old-queue' });
    const plan = await planDeployment(cloud, { input: INPUT, zip: ZIP });
    expect(plan.resources.find(({ kind }) => kind === 'function')?.notes).toEqual([
      'It also has an event source for arn:aws:sqs:us-east-1:000000000000:old-queue, which stays. Its role only allows it to read films-queue, so messages on the other queue wait until you deploy with that queue again.',
    ]);
  });

  test('the function is updated before the event source for more workers, and after it for fewer', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    const [env, mapping] = ['lambda:UpdateFunctionConfiguration', 'lambda:UpdateEventSourceMapping'];
    const callCount = cloud.changes.length;
    await deploy(cloud, { ...INPUT, workers: 8 });
    expect(cloud.changes.slice(callCount)).toEqual([env, mapping]);
    await deploy(cloud, { ...INPUT, workers: 2 });
    expect(cloud.changes.slice(callCount + 2)).toEqual([mapping, env]);
  });

  test('Ctrl-C stops a deploy between two steps, and the next one completes it', async () => {
    const cloud = createCloud(aws);
    const ending = new AbortController();
    const plan = await planDeployment(cloud, { input: INPUT, zip: ZIP });
    const onStep = () => ending.abort(new Error('stopped'));
    await expect(applyDeployment(cloud, plan, { signal: ending.signal, onStep })).rejects.toThrow('stopped');
    expect(cloud.changes).toEqual(['s3:CreateBucket']);
    await deploy(cloud);
    expect((await planDeployment(cloud, { input: INPUT, zip: ZIP })).steps).toEqual([]);
  });

  test('read-only clients reject mutating calls', async () => {
    const cloud = createCloud(aws);
    const { sqs } = readOnlyClients(cloud.clients);
    await expect(sqs.send(new CreateQueueCommand({ QueueName: 'films' }))).rejects.toThrow(
      'sqs:CreateQueue is not a read-only call',
    );
    expect(cloud.calls).toEqual([]);
  });
});
