import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { applyDeployment } from '../../src/deploy/apply.ts';
import { planDeployment } from '../../src/deploy/plan.ts';
import { AWS_TARGETS, type Aws } from '../support/aws-targets.ts';
import { API_KEY, createCloud, deploy, INPUT, interruptAfterEachCall, NAMES, stateOf, ZIP } from './cloud.ts';

describe.each(AWS_TARGETS)('applyDeployment, on $name', ({ start }) => {
  let aws: Aws;
  beforeAll(async () => {
    aws = await start();
  });
  beforeEach(() => aws.reset());
  afterAll(() => aws.stop());

  test('creates all resources in an empty account', async () => {
    const cloud = createCloud(aws);
    const plan = await deploy(cloud);
    expect(plan.resources.map(({ action }) => action)).toEqual(Array(7).fill('create'));
    expect(await stateOf(cloud)).toMatchObject({
      bucket: { owner: 'ours', region: 'us-east-1' },
      queue: { owner: 'ours', properties: { VisibilityTimeout: '1800', MessageRetentionPeriod: '1209600' } },
      deadLetterQueue: { owner: 'ours', properties: { MessageRetentionPeriod: '1209600' } },
      role: { owner: 'ours', arn: NAMES.roleArn, managedPolicies: [] },
      logGroup: { owner: 'ours', properties: { RetentionInDays: '30' } },
      function: {
        owner: 'ours',
        hasResumeTag: false,
        properties: {
          Runtime: 'nodejs24.x',
          Architectures: 'arm64',
          LogFormat: 'JSON',
          RecursiveLoop: 'Allow',
        },
      },
      eventSource: { enabled: true, maximumConcurrency: 4, properties: { BatchSize: '1' } },
      variables: {
        TMDB_API_KEY: API_KEY,
        DATALAKE_BUCKET_NAME: 'films-lake',
        TDD_WORKERS: '4',
        TDD_QUEUE_URL: 'http://HOST/000000000000/films-queue',
        TDD_DLQ_URL: 'http://HOST/000000000000/films-queue-dlq',
        TDD_EVENT_SOURCE_UUID: 'ID',
      },
    });
  });

  test('is idempotent: a second deploy makes no mutating call', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    const callCount = cloud.changes.length;
    const plan = await deploy(cloud);
    expect(plan.resources.map(({ action }) => action)).toEqual(Array(7).fill('unchanged'));
    expect(plan.steps).toEqual([]);
    expect(cloud.changes.length).toBe(callCount);
  });

  test("creates a bucket in the account's regional namespace", async () => {
    const cloud = createCloud(aws);
    const input = { ...INPUT, bucketName: `films-${INPUT.accountId}-${INPUT.region}-an` };
    await deploy(cloud, input);
    const plan = await planDeployment(cloud, { input, zip: ZIP });
    expect(plan.resources[0]).toMatchObject({ kind: 'bucket', action: 'unchanged' });
  });

  test('plans with read-only calls', async () => {
    const cloud = createCloud(aws);
    await planDeployment(cloud, { input: INPUT, zip: ZIP });
    expect(cloud.calls.length).toBeGreaterThan(7);
    expect(cloud.changes).toEqual([]);
  });

  test('plans plain data that survives JSON and does not contain the API key', async () => {
    const plan = await planDeployment(createCloud(aws), { input: INPUT, zip: ZIP });
    const text = JSON.stringify(plan);
    expect(JSON.parse(text)).toEqual(plan);
    expect(text).not.toContain(API_KEY);
    expect(plan.steps[0]).toEqual({ resource: 'bucket', action: 'create' });
  });

  test('resources created by calls whose responses were lost are accepted', async () => {
    const cloud = createCloud(aws);
    const plan = await planDeployment(cloud, { input: INPUT, zip: ZIP });
    await deploy(createCloud(aws));
    await applyDeployment(cloud, plan);
    expect((await planDeployment(cloud, { input: INPUT, zip: ZIP })).steps).toEqual([]);
  });

  test('completes a deploy that was interrupted after any mutating call', async () => {
    const complete = createCloud(aws);
    await deploy(complete);
    const expected = await stateOf(complete);
    expect(complete.changes.length).toBeGreaterThan(11);
    const none = async () => {};
    await interruptAfterEachCall(aws, none, deploy, async (cloud, _, callCount) =>
      expect(await stateOf(cloud), `interrupted after call ${callCount}`).toEqual(expected),
    );
  });
});
