import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/clock.ts';
import { applyDeployment } from '../../../src/deploy/apply.ts';
import { planDestroy } from '../../../src/deploy/destroy.ts';
import { planDeployment } from '../../../src/deploy/plan.ts';
import { INPUT, ZIP } from '../../deploy/cloud.ts';
import { connect, startTestAws, type TestAws } from './support.ts';

describe('tdd deploy in the sandbox', () => {
  let test: TestAws;
  beforeAll(async () => {
    test = await startTestAws({ roleDelayMs: 1_000, updateDelayMs: 100 });
  });
  afterAll(() => test.stop());

  it('creates everything despite eventual consistency, and changes nothing the second time', async () => {
    const clients = { ...test, logs: test.cloudWatchLogs };
    const deps = { clients, clock: systemClock };
    const input = { ...INPUT, accountId: '000000000000' };
    const plan = await planDeployment(deps, { input, zip: ZIP });
    expect(plan.resources.map(({ action }) => action)).toEqual(Array(7).fill('create'));
    await applyDeployment(deps, plan, {});

    const second = await planDeployment(deps, { input, zip: ZIP });
    expect(second.steps).toEqual([]);
    expect(second.resources.map(({ action }) => action)).toEqual(Array(7).fill('unchanged'));
  });

  it('rejects a bucket in another region, for which S3 returns a redirect', async () => {
    const { s3 } = connect(test.aws.endpoint, 'eu-central-1');
    const LocationConstraint = 'eu-central-1';
    await s3.send(
      new CreateBucketCommand({ Bucket: 'far-lake', CreateBucketConfiguration: { LocationConstraint } }),
    );
    const deps = { clients: { ...test, logs: test.cloudWatchLogs }, clock: systemClock };
    const input = { ...INPUT, accountId: '000000000000', bucketName: 'far-lake' };
    const sentence =
      'The bucket "far-lake" is in the region eu-central-1, but the deployment is in us-east-1: set AWS_REGION=eu-central-1, or choose another bucket.';
    await expect(planDeployment(deps, { input, zip: ZIP })).rejects.toThrow(sentence);
    await expect(planDestroy(deps, { ...input, deleteBucket: true })).rejects.toThrow(sentence);
  });
});
