import { DeleteRetentionPolicyCommand, UntagResourceCommand } from '@aws-sdk/client-cloudwatch-logs';
import {
  AttachRolePolicyCommand,
  CreateRoleCommand,
  DeleteRolePolicyCommand,
  PutRolePolicyCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
} from '@aws-sdk/client-iam';
import {
  DeleteEventSourceMappingCommand,
  DeleteFunctionCommand,
  UntagResourceCommand as LambdaUntagResourceCommand,
  PublishVersionCommand,
  PutFunctionRecursionConfigCommand,
  UpdateEventSourceMappingCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import {
  DeleteBucketLifecycleCommand,
  DeletePublicAccessBlockCommand,
  PutBucketLifecycleConfigurationCommand,
  PutPublicAccessBlockCommand,
} from '@aws-sdk/client-s3';
import { DeleteQueueCommand, SetQueueAttributesCommand, UntagQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readOnlyClients } from '../../src/aws/calls.ts';
import { basisOf, planDeployment } from '../../src/deploy/plan.ts';
import { type Observation, observe, type ResourceKind } from '../../src/deploy/resource-list.ts';
import { inlinePolicy, trustPolicy } from '../../src/deploy/resources/policy.ts';
import { buildZip } from '../../src/deploy/zip.ts';
import { AWS_TARGETS, type Aws } from '../support/aws-targets.ts';
import { API_KEY, type Cloud, comparable, createCloud, deploy, INPUT, NAMES, ZIP } from './cloud.ts';

interface Ids {
  readonly queueUrl: string;
  readonly deadLetterQueueUrl: string;
  readonly eventSourceId: string;
  readonly eventSourceArn: string;
}

/** A change by hand: the resource, the property as plans name it, and how to change it. */
type Tampering = [ResourceKind, string, (cloud: Cloud, ids: Ids) => Promise<unknown>];

const OTHER_ZIP = await buildZip({ bundle: Buffer.from('another') });
const LAMBDA = { FunctionName: NAMES.function };
const ROLE = { RoleName: NAMES.role };
const S3_ACCESS = 'arn:aws:iam::aws:policy/AmazonS3FullAccess';
const OTHER_ROLE = `arn:aws:iam::${INPUT.accountId}:role/another`;
const OTHER_TRUST = {
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
};

const configuration =
  (settings: object) =>
  ({ byHand }: Cloud) =>
    byHand.lambda.send(new UpdateFunctionConfigurationCommand({ ...LAMBDA, ...settings }));
const queue =
  (name: 'queueUrl' | 'deadLetterQueueUrl', Attributes: Record<string, string>) =>
  ({ byHand }: Cloud, ids: Ids) =>
    byHand.sqs.send(new SetQueueAttributesCommand({ QueueUrl: ids[name], Attributes }));
const eventSource =
  (settings: object) =>
  ({ byHand }: Cloud, { eventSourceId }: Ids) =>
    byHand.lambda.send(new UpdateEventSourceMappingCommand({ UUID: eventSourceId, ...settings }));
const access =
  (flag: string) =>
  ({ byHand }: Cloud) => {
    const all = { BlockPublicAcls: true, IgnorePublicAcls: true, BlockPublicPolicy: true };
    const PublicAccessBlockConfiguration = { ...all, RestrictPublicBuckets: true, [flag]: false };
    return byHand.s3.send(
      new PutPublicAccessBlockCommand({ Bucket: NAMES.bucket, PublicAccessBlockConfiguration }),
    );
  };
const variables =
  (change: Record<string, string | undefined>) =>
  async ({ byHand, clock }: Cloud) => {
    const { function: found } = await observe({ clients: readOnlyClients(byHand), clock }, NAMES);
    const all = Object.entries({ ...found?.environment.toVariables(), ...change });
    const Variables = Object.fromEntries(all.filter((entry) => entry[1] !== undefined)) as Record<
      string,
      string
    >;
    return byHand.lambda.send(
      new UpdateFunctionConfigurationCommand({ ...LAMBDA, Environment: { Variables } }),
    );
  };

const TAMPERINGS: Tampering[] = [
  ['bucket', 'BlockPublicAcls', access('BlockPublicAcls')],
  ['bucket', 'IgnorePublicAcls', access('IgnorePublicAcls')],
  ['bucket', 'BlockPublicPolicy', access('BlockPublicPolicy')],
  ['bucket', 'RestrictPublicBuckets', access('RestrictPublicBuckets')],
  [
    'bucket',
    'BlockPublicAcls',
    ({ byHand }) => byHand.s3.send(new DeletePublicAccessBlockCommand({ Bucket: NAMES.bucket })),
  ],
  [
    'bucket',
    'AbortIncompleteMultipartUpload',
    ({ byHand }) => byHand.s3.send(new DeleteBucketLifecycleCommand({ Bucket: NAMES.bucket })),
  ],
  ['queue', 'VisibilityTimeout', queue('queueUrl', { VisibilityTimeout: '30' })],
  ['queue', 'MessageRetentionPeriod', queue('queueUrl', { MessageRetentionPeriod: '345600' })],
  ['queue', 'RedrivePolicy', queue('queueUrl', { RedrivePolicy: '' })],
  [
    'queue',
    'RedrivePolicy',
    queue('queueUrl', {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: NAMES.deadLetterQueueArn, maxReceiveCount: 9 }),
    }),
  ],
  [
    'queue',
    'tdd:stack',
    ({ byHand }, { queueUrl }) =>
      byHand.sqs.send(new UntagQueueCommand({ QueueUrl: queueUrl, TagKeys: ['tdd:stack'] })),
  ],
  [
    'deadLetterQueue',
    'MessageRetentionPeriod',
    queue('deadLetterQueueUrl', { MessageRetentionPeriod: '60' }),
  ],
  [
    'role',
    'AssumeRolePolicy',
    ({ byHand }) =>
      byHand.iam.send(
        new UpdateAssumeRolePolicyCommand({ ...ROLE, PolicyDocument: JSON.stringify(OTHER_TRUST) }),
      ),
  ],
  [
    'role',
    'Policy tdd Lake',
    ({ byHand }) => byHand.iam.send(new DeleteRolePolicyCommand({ ...ROLE, PolicyName: 'tdd' })),
  ],
  [
    'role',
    'Policy tdd DeadLetters',
    ({ byHand }) => {
      const policy = inlinePolicy(NAMES);
      const Statement = policy.Statement.filter(({ Sid }) => Sid !== 'DeadLetters');
      const PolicyDocument = JSON.stringify({ ...policy, Statement });
      return byHand.iam.send(new PutRolePolicyCommand({ ...ROLE, PolicyName: 'tdd', PolicyDocument }));
    },
  ],
  [
    'role',
    'Inline policy more',
    ({ byHand }) =>
      byHand.iam.send(
        new PutRolePolicyCommand({
          ...ROLE,
          PolicyName: 'more',
          PolicyDocument: JSON.stringify(inlinePolicy(NAMES)),
        }),
      ),
  ],
  [
    'role',
    `Managed policy ${S3_ACCESS}`,
    ({ byHand }) => byHand.iam.send(new AttachRolePolicyCommand({ ...ROLE, PolicyArn: S3_ACCESS })),
  ],
  [
    'role',
    'tdd:stack',
    ({ byHand }) => byHand.iam.send(new UntagRoleCommand({ ...ROLE, TagKeys: ['tdd:stack'] })),
  ],
  [
    'logGroup',
    'RetentionInDays',
    ({ byHand }) => byHand.logs.send(new DeleteRetentionPolicyCommand({ logGroupName: NAMES.logGroup })),
  ],
  [
    'logGroup',
    'tdd:stack',
    ({ byHand }) =>
      byHand.logs.send(new UntagResourceCommand({ resourceArn: NAMES.logGroupArn, tagKeys: ['tdd:stack'] })),
  ],
  ['function', 'Runtime', configuration({ Runtime: 'nodejs22.x' })],
  ['function', 'Handler', configuration({ Handler: 'main.handler' })],
  ['function', 'Role', configuration({ Role: OTHER_ROLE })],
  ['function', 'Timeout', configuration({ Timeout: 3 })],
  ['function', 'MemorySize', configuration({ MemorySize: 128 })],
  [
    'function',
    'LogFormat',
    configuration({ LoggingConfig: { LogFormat: 'Text', LogGroup: NAMES.logGroup } }),
  ],
  ['function', 'LogGroup', configuration({ LoggingConfig: { LogFormat: 'JSON', LogGroup: '/elsewhere' } })],
  ['function', 'Environment.TMDB_LANGUAGE', variables({ TMDB_LANGUAGE: 'de-DE' })],
  ['function', 'Environment.TMDB_API_KEY', variables({ TMDB_API_KEY: 'another' })],
  ['function', 'Environment.TDD_QUEUE_URL', variables({ TDD_QUEUE_URL: undefined })],
  ['function', 'Environment.TDD_EVENT_SOURCE_UUID', variables({ TDD_EVENT_SOURCE_UUID: undefined })],
  ['function', 'Environment.MORE', variables({ MORE: 'yes' })],
  [
    'function',
    'CodeSha256',
    ({ byHand }) => byHand.lambda.send(new UpdateFunctionCodeCommand({ ...LAMBDA, ZipFile: OTHER_ZIP })),
  ],
  [
    'function',
    'Architectures',
    ({ byHand }) =>
      byHand.lambda.send(
        new UpdateFunctionCodeCommand({ ...LAMBDA, ZipFile: ZIP, Architectures: ['x86_64'] }),
      ),
  ],
  [
    'function',
    'RecursiveLoop',
    ({ byHand }) =>
      byHand.lambda.send(new PutFunctionRecursionConfigCommand({ ...LAMBDA, RecursiveLoop: 'Terminate' })),
  ],
  [
    'function',
    'tdd:stack',
    ({ byHand }) =>
      byHand.lambda.send(
        new LambdaUntagResourceCommand({ Resource: NAMES.functionArn, TagKeys: ['tdd:stack'] }),
      ),
  ],
  ['eventSource', 'FunctionArn', eventSource({ FunctionName: `${NAMES.functionArn}:1` })],
  ['eventSource', 'BatchSize', eventSource({ BatchSize: 10 })],
  ['eventSource', 'MaximumBatchingWindowInSeconds', eventSource({ MaximumBatchingWindowInSeconds: 20 })],
  ['eventSource', 'FunctionResponseTypes', eventSource({ FunctionResponseTypes: [] })],
  ['eventSource', 'MaximumConcurrency', eventSource({ ScalingConfig: { MaximumConcurrency: 10 } })],
  ['eventSource', 'MaximumConcurrency', eventSource({ ScalingConfig: {} })],
  ['eventSource', 'FilterCriteria', eventSource({ FilterCriteria: { Filters: [{ Pattern: '{}' }] } })],
  [
    'eventSource',
    'tdd:stack',
    ({ byHand }, { eventSourceArn }) =>
      byHand.lambda.send(
        new LambdaUntagResourceCommand({ Resource: eventSourceArn, TagKeys: ['tdd:stack'] }),
      ),
  ],
];

const REMOVALS: Tampering[] = [
  [
    'deadLetterQueue',
    '',
    ({ byHand }, ids) => byHand.sqs.send(new DeleteQueueCommand({ QueueUrl: ids.deadLetterQueueUrl })),
  ],
  [
    'eventSource',
    '',
    ({ byHand }, ids) => byHand.lambda.send(new DeleteEventSourceMappingCommand({ UUID: ids.eventSourceId })),
  ],
  ['function', '', ({ byHand }) => byHand.lambda.send(new DeleteFunctionCommand(LAMBDA))],
];

/** The changes in as few groups as possible, with at most one of each resource. */
function groupByResource(): Tampering[][] {
  const groups: Tampering[][] = [];
  const counts = new Map<ResourceKind, number>();
  for (const tampering of TAMPERINGS) {
    const count = counts.get(tampering[0]) ?? 0;
    counts.set(tampering[0], count + 1);
    groups[count] = [...(groups[count] ?? []), tampering];
  }
  return groups;
}

describe.each(AWS_TARGETS)('drift by a change by hand, on $name', ({ name, start }) => {
  let aws: Aws;
  let cloud: Cloud;
  let expected: unknown;
  let ids: Ids;
  beforeAll(async () => {
    aws = await start();
    cloud = createCloud(aws);
    await deploy(cloud);
    await cloud.byHand.lambda.send(new PublishVersionCommand(LAMBDA));
    await cloud.byHand.iam.send(
      new CreateRoleCommand({
        RoleName: 'another',
        AssumeRolePolicyDocument: JSON.stringify(trustPolicy()),
      }),
    );
    const { observed } = basisOf(await planDeployment(cloud, { input: INPUT, zip: ZIP }));
    expected = comparable(observed);
    ids = idsOf(observed);
  });
  afterAll(() => aws.stop());

  async function expectCorrected(): Promise<void> {
    const plan = await planDeployment(cloud, { input: INPUT, zip: ZIP });
    expect(plan.steps).toEqual([]);
    expect(comparable(basisOf(plan).observed)).toEqual(expected);
  }

  // On moto, a deploy takes much longer, so it corrects changes of several resources.
  const groups = name === 'moto' ? groupByResource() : TAMPERINGS.map((tampering) => [tampering]);
  const titled = groups.map((group) => {
    const title = group.map(([kind, property]) => `the ${kind}, in ${property},`).join(' and of ');
    return [title, group] as const;
  });

  test.each(titled)('of %s is shown and corrected', async (_, group) => {
    for (const [, , tamper] of group) await tamper(cloud, ids);
    const plan = await deploy(cloud);
    const changed = plan.resources.filter(({ action }) => action !== 'unchanged');
    expect(changed.map(({ kind }) => kind).sort()).toEqual(group.map(([kind]) => kind).sort());
    for (const [kind, property] of group) {
      const resource = changed.find((found) => found.kind === kind);
      expect(resource?.action).toBe(property === 'tdd:stack' ? 'adopt' : 'update');
      expect(resource?.changes.map((change) => change.property)).toContain(property);
    }
    expect(JSON.stringify(plan)).not.toContain(API_KEY);
    expect(plan.steps.map(({ action }) => action)).not.toContain('disable');
    expect(JSON.stringify(plan)).not.toContain('is disabled');
    await expectCorrected();
  });

  test.each(REMOVALS)('by deletion of the %s is corrected', async (kind, _, remove) => {
    await remove(cloud, ids);
    const plan = await deploy(cloud);
    expect(plan.resources.find((resource) => resource.kind === kind)?.action).toBe('create');
    await expectCorrected();
  });

  test.each([
    ['"*"', '*'],
    ['{"AWS": "*"}', { AWS: '*' }],
  ])('by a queue policy for everyone (Principal %s) is noted, not changed', async (_, Principal) => {
    const Statement = [{ Effect: 'Allow', Principal, Action: 'sqs:SendMessage', Resource: NAMES.queueArn }];
    const setPolicy = (Policy: string) =>
      cloud.byHand.sqs.send(
        new SetQueueAttributesCommand({ QueueUrl: ids.queueUrl, Attributes: { Policy } }),
      );
    await setPolicy(JSON.stringify({ Version: '2012-10-17', Statement }));
    const plan = await planDeployment(cloud, { input: INPUT, zip: ZIP });
    expect(plan.steps).toEqual([]);
    expect(plan.resources.find(({ kind }) => kind === 'queue')?.notes).toEqual([
      'Its access policy allows everyone to use it (Principal "*"); tdd does not change this policy.',
    ]);
    await setPolicy('');
  });

  test('by another lifecycle rule of the bucket is preserved', async () => {
    const rule = { ID: 'old-manifests', Status: 'Enabled' as const, Filter: { Prefix: 'tmp/' } };
    await cloud.byHand.s3.send(
      new PutBucketLifecycleConfigurationCommand({
        Bucket: NAMES.bucket,
        LifecycleConfiguration: { Rules: [{ ...rule, Expiration: { Days: 7 } }] },
      }),
    );
    await deploy(cloud);
    const plan = await planDeployment(cloud, { input: INPUT, zip: ZIP });
    expect(plan.steps).toEqual([]);
    expect(basisOf(plan).observed.bucket?.otherRules).toMatchObject([{ ID: 'old-manifests' }]);
  });
});

function idsOf(found: Observation): Ids {
  return {
    queueUrl: found.queue?.url ?? '',
    deadLetterQueueUrl: found.deadLetterQueue?.url ?? '',
    eventSourceId: found.eventSource?.id ?? '',
    eventSourceArn: found.eventSource?.arn ?? '',
  };
}
