import { readdirSync, readFileSync } from 'node:fs';
import { CreateQueueCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { isAllowed, type Request } from '../../sandbox/aws/iam-policy.ts';
import { type Call, permissionOf } from '../../src/aws/calls.ts';
import { applyDestroy, planDestroy } from '../../src/deploy/destroy.ts';
import { inlinePolicy } from '../../src/deploy/resources/policy.ts';
import { createCloud, deploy, INPUT, NAMES } from '../deploy/cloud.ts';
import { type Aws, SANDBOX_ONLY } from '../support/aws-targets.ts';
import { readPage, root, sectionOf, tableRows } from './pages.ts';

const page = readPage('docs/iam.md');
const policies = {
  deploy: policyOf('deploy'),
  deleteBucket: policyOf('delete-bucket'),
  use: policyOf('use'),
};

/** Returns a policy from the page with the names of these tests' resources. */
function policyOf(name: string): string {
  const [, json = ''] = new RegExp(`^\`\`\`json ${name}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(page) ?? [];
  return json
    .replaceAll('my-data-lake', INPUT.bucketName)
    .replaceAll('us-east-1', INPUT.region)
    .replaceAll('123456789012', INPUT.accountId)
    .replaceAll('tmdb-downloader-lambda', INPUT.lambdaName)
    .replaceAll('tmdb-downloader-queue', INPUT.queueName);
}

/** @returns the actions of the call, including implied ones, that these policies deny. */
function deniedOf(call: Call, ...documents: readonly string[]): string[] {
  const identity = { attached: [], policies: Object.fromEntries(documents.entries()) };
  return requestsOf(call)
    .filter((request) => !isAllowed(identity, request))
    .map(({ action, resource }) => `${action} on ${resource}`);
}

/** Returns the actions that AWS authorizes for a call, including those for its tags and for passing its role. */
function requestsOf(call: Call): Request[] {
  if (call.service === 'sts') return [];
  const { input, service } = call;
  const resource = resourceOf(call);
  const context = { 'lambda:FunctionArn': NAMES.functionArn };
  const requests: Request[] = [{ action: permissionOf(call), resource, context }];
  const hasTags = [
    input.Tags,
    input.tags,
    (input.CreateBucketConfiguration as { Tags?: unknown })?.Tags,
  ].some(Boolean);
  if (hasTags && !/Tag/.test(call.operation)) {
    const action = { sqs: 'sqs:TagQueue', iam: 'iam:TagRole' }[service as string] ?? `${service}:TagResource`;
    requests.push({ action, resource: resource === '*' ? NAMES.anyEventSourceArn : resource });
  }
  if (call.operation === 'CreateFunction') {
    const passed = { 'iam:PassedToService': 'lambda.amazonaws.com' };
    requests.push({ action: 'iam:PassRole', resource: String(input.Role), context: passed });
  }
  return requests;
}

function resourceOf({ service, operation, input }: Call): string {
  const { Bucket, Key, QueueName, QueueUrl, RoleName, FunctionName, UUID, Resource } = input as Record<
    string,
    string
  >;
  const arn = (name: string, rest: string) => `arn:aws:${name}:${INPUT.region}:${INPUT.accountId}:${rest}`;
  switch (service) {
    case 's3':
      return operation === 'DeleteObjects'
        ? `arn:aws:s3:::${Bucket}/key`
        : `arn:aws:s3:::${[Bucket, Key].filter(Boolean).join('/')}`;
    case 'sqs':
      return arn('sqs', QueueName ?? QueueUrl?.split('/').at(-1) ?? '');
    case 'iam':
      return `arn:aws:iam::${INPUT.accountId}:role${NAMES.rolePath}${RoleName}`;
    case 'logs':
      return String(input.resourceArn ?? arn('logs', `log-group:${input.logGroupName ?? ''}`));
    default:
      if (operation === 'ListEventSourceMappings' || operation === 'CreateEventSourceMapping') return '*';
      if (UUID) return arn('lambda', `event-source-mapping:${UUID}`);
      return Resource ?? arn('lambda', `function:${FunctionName}`);
  }
}

describe.each(SANDBOX_ONLY)('the policies in docs/iam.md', ({ start }) => {
  let aws: Aws;
  beforeAll(async () => {
    aws = await start();
  });
  beforeEach(() => aws.reset());
  afterAll(() => aws.stop());

  it('allow the calls of deploy and destroy, but not the deletion of the bucket', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    await deploy(cloud);
    await deploy(cloud, { ...INPUT, workers: 8, memorySizeMb: 256 });
    await applyDestroy(cloud, await planDestroy(cloud, { ...INPUT, deleteBucket: false }));
    expect(cloud.calls.flatMap((call) => deniedOf(call, policies.deploy))).toEqual([]);

    cloud.calls.length = 0;
    await applyDestroy(cloud, await planDestroy(cloud, { ...INPUT, deleteBucket: true }));
    expect(cloud.calls.flatMap((call) => deniedOf(call, policies.deploy))).not.toEqual([]);
    expect(cloud.calls.flatMap((call) => deniedOf(call, policies.deploy, policies.deleteBucket))).toEqual([]);
  });

  it('allow adopting an existing queue', async () => {
    const cloud = createCloud(aws);
    await cloud.byHand.sqs.send(new CreateQueueCommand({ QueueName: NAMES.queue }));
    await deploy(cloud, INPUT, undefined, undefined, { adopt: true });
    expect(cloud.calls.flatMap((call) => deniedOf(call, policies.deploy))).toEqual([]);
  });
});

/** Returns the IAM actions of the calls in these folders and files of `src/`. */
function actionsIn(...paths: readonly string[]): string[] {
  const files = paths.flatMap((path) =>
    path.endsWith('.ts')
      ? [path]
      : readdirSync(`${root}/src/${path}`, { recursive: true, encoding: 'utf8' })
          .filter((file) => file.endsWith('.ts'))
          .map((file) => `${path}/${file}`),
  );
  const actions = files.flatMap((file) => {
    const text = readFileSync(`${root}/src/${file}`, 'utf8');
    return [...text.matchAll(/import (?:type )?\{([^}]*)\} from '@aws-sdk\/client-([a-z0-9-]+)'/g)].flatMap(
      ([, names = '', client = '']) =>
        [...names.matchAll(/\b(\w+)Command\b/g)].map(([, operation = '']) =>
          permissionOf({ service: client === 'cloudwatch-logs' ? 'logs' : client, operation }).replace(
            /Batch$/,
            '',
          ),
        ),
    );
  });
  return [...new Set(actions)].filter((action) => action !== 'sts:GetCallerIdentity').sort();
}

function actionsOf(...documents: readonly string[]): string[] {
  return documents
    .flatMap((text) => JSON.parse(text).Statement as { Action: string | string[] }[])
    .flatMap(({ Action }) => Action);
}

it.each(actionsIn('deploy', 'aws/event-source.ts'))(
  'docs/iam.md lists %s for deploy and destroy',
  (action) => {
    expect(actionsOf(policies.deploy, policies.deleteBucket)).toContain(action);
  },
);

it.each(actionsIn('aws', 'app', 'lake'))('docs/iam.md lists %s for the other commands', (action) => {
  expect(actionsOf(policies.use)).toContain(action);
});

it.each(Object.entries(policies))('the policy %s fits into a managed policy', (_, text) => {
  expect(text.replaceAll(/\s/g, '').length).toBeLessThanOrEqual(6_144);
});

it("docs/iam.md lists the statements of the worker's role", () => {
  const rows = tableRows(sectionOf(page, "## The worker's role")).slice(1);
  const listed = rows.map(([sid = '', actions = '']) => [
    sid,
    [...actions.matchAll(/`([^`]+)`/g)].map(([, a]) => a),
  ]);
  expect(listed).toEqual(
    inlinePolicy(NAMES, 'arn').Statement.map(({ Sid, Action }) => [`\`${Sid}\``, Action]),
  );
});
