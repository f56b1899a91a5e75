import { UntagRoleCommand } from '@aws-sdk/client-iam';
import { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { applyDestroy, planDestroy } from '../../src/deploy/destroy.ts';
import { planDeployment } from '../../src/deploy/plan.ts';
import { UsageError } from '../../src/errors.ts';
import { type Aws, SANDBOX_ONLY } from '../support/aws-targets.ts';
import { type Cloud, createCloud, deploy, INPUT, NAMES, stateOf, ZIP } from './cloud.ts';

const ELSEWHERE = { ...INPUT, region: 'eu-west-1', bucketName: 'films-lake-eu' };
const SHOWS = { ...INPUT, lambdaName: 'shows' };

describe.each(SANDBOX_ONLY)('the resources of another deployment', ({ start }) => {
  let aws: Aws;
  let elsewhere: Aws;
  beforeAll(async () => {
    aws = await start();
    const clientConfig = { ...aws.clientConfig, region: ELSEWHERE.region };
    elsewhere = { ...aws, clientConfig, s3: new S3Client({ ...clientConfig, forcePathStyle: true }) };
  });
  beforeEach(() => aws.reset());
  afterAll(() => aws.stop());

  test('are not adopted: a deploy that uses its queue names it and the ways out, and changes nothing', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    const expected = await stateOf(cloud);
    const other = createCloud(aws);
    await expect(deploy(other, SHOWS)).rejects.toThrow(
      new UsageError(
        'The dead-letter queue "films-queue-dlq" and the queue "films-queue" belong to the tdd deployment "films", so nothing was changed: choose another name (--queue-name), or delete that deployment first with "tdd destroy --lambda-name films --queue-name films-queue".',
      ),
    );
    expect(other.changes).toEqual([]);
    expect(await stateOf(cloud)).toEqual(expected);
  });

  test("are not deleted: destroy keeps another deployment's queues, and names it", async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    const callCount = cloud.changes.length;
    const plan = await destroy(cloud, SHOWS);
    expect(plan.resources.filter(({ action }) => action === 'leave')).toMatchObject(
      ['queue', 'deadLetterQueue'].map((kind) => ({
        kind,
        notes: ['It belongs to the tdd deployment "films", so it is not deleted.'],
      })),
    );
    expect(cloud.changes.length).toBe(callCount);
  });

  test('include its bucket, which is used but not changed', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    const input = { ...SHOWS, queueName: 'shows-queue' };
    const plan = await deploy(cloud, input);
    expect(plan.resources[0]).toMatchObject({
      action: 'unchanged',
      notes: ['It belongs to the tdd deployment "films", so this deployment uses it without changing it.'],
    });
    expect(plan.steps.map(({ resource }) => resource)).not.toContain('bucket');
    const { resources } = await planDestroy(cloud, { ...input, deleteBucket: true });
    expect(resources.at(-1)).toMatchObject({ kind: 'bucket', action: 'leave' });
  });

  test('include the role of a deployment with the same name in another region, which deploy does not change', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    const expected = await stateOf(cloud);
    const other = createCloud(elsewhere);
    await expect(deploy(other, ELSEWHERE)).rejects.toThrow(
      new UsageError(
        'The role "films-role" belongs to the tdd deployment "films" in us-east-1, so nothing was changed: choose another name (--lambda-name), or delete that deployment first with "AWS_REGION=us-east-1 tdd destroy --lambda-name films".',
      ),
    );
    expect(other.changes).toEqual([]);
    expect(await stateOf(cloud)).toEqual(expected);
  });

  test('include an untagged role whose policy is for another region', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    await cloud.byHand.iam.send(new UntagRoleCommand({ RoleName: NAMES.role, TagKeys: ['tdd:stack'] }));
    await expect(planDeployment(createCloud(elsewhere), { input: ELSEWHERE, zip: ZIP })).rejects.toThrow(
      'The role "films-role" belongs to another tdd deployment in us-east-1, so nothing was changed: choose another name (--lambda-name), or delete that deployment first with "AWS_REGION=us-east-1 tdd destroy".',
    );
  });

  test('are not deleted by destroy in the wrong region', async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    const expected = await stateOf(cloud);
    const other = createCloud(elsewhere);
    const { resources } = await destroy(other, ELSEWHERE);
    expect(resources.filter(({ action }) => action !== 'absent')).toMatchObject([
      {
        kind: 'role',
        action: 'leave',
        notes: ['It belongs to the tdd deployment "films" in us-east-1, so it is not deleted.'],
      },
    ]);
    expect(other.changes).toEqual([]);
    expect(await stateOf(cloud)).toEqual(expected);
  });
});

async function destroy(cloud: Cloud, input: typeof INPUT) {
  const plan = await planDestroy(cloud, { ...input, deleteBucket: false });
  await applyDestroy(cloud, plan);
  return plan;
}
