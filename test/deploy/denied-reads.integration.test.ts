import { PutBucketEncryptionCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ACCOUNT_ID } from '../../sandbox/aws/world.ts';
import { interceptCalls } from '../../src/aws/calls.ts';
import { planDeployment } from '../../src/deploy/plan.ts';
import { type Aws, SANDBOX_ONLY } from '../support/aws-targets.ts';
import { type Cloud, createCloud, deploy, INPUT, NAMES, ZIP } from './cloud.ts';

const KEY = `arn:aws:kms:us-east-1:${ACCOUNT_ID}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;

/** Denies one operation. */
function without(cloud: Cloud, operation: string): Cloud {
  const denial = { name: 'AccessDenied', $fault: 'client', $metadata: { httpStatusCode: 403 } };
  const clients = interceptCalls(cloud.clients, async (call, next) => {
    if (call.operation === operation) throw Object.assign(new Error('no'), denial);
    return next();
  });
  return { ...cloud, clients };
}

describe.each(SANDBOX_ONLY)('a deploy that may not read something it can do without', ({ start }) => {
  let aws: Aws;
  beforeAll(async () => {
    aws = await start();
  });
  beforeEach(() => aws.reset());
  afterAll(() => aws.stop());

  test("keeps the role's permission for the bucket's key, and notes it", async () => {
    const cloud = createCloud(aws);
    await deploy(cloud);
    const rule = {
      ApplyServerSideEncryptionByDefault: { SSEAlgorithm: 'aws:kms', KMSMasterKeyID: KEY },
    } as const;
    await cloud.byHand.s3.send(
      new PutBucketEncryptionCommand({
        Bucket: NAMES.bucket,
        ServerSideEncryptionConfiguration: { Rules: [rule] },
      }),
    );
    await deploy(cloud);
    const plan = await planDeployment(without(cloud, 'GetBucketEncryption'), { input: INPUT, zip: ZIP });
    expect(plan.steps).toEqual([]);
    expect(plan.resources.find(({ kind }) => kind === 'bucket')?.notes.join()).toContain(
      'Its encryption cannot be read (s3:GetEncryptionConfiguration is denied).',
    );
  });

  test('uses a role that is managed elsewhere unchecked, and notes it', async () => {
    const cloud = createCloud(aws);
    const roleArn = `arn:aws:iam::${ACCOUNT_ID}:role/company/worker`;
    const input = { ...INPUT, roleArn };
    const plan = await planDeployment(without(cloud, 'GetRole'), { input, zip: ZIP });
    const role = plan.resources.find(({ kind }) => kind === 'role');
    expect(role).toMatchObject({ name: 'worker', action: 'unchanged', changes: [] });
    expect(role?.notes.join()).toContain('It was not checked (iam:GetRole is denied)');
    expect(plan.steps.map(({ resource }) => resource)).not.toContain('role');
  });
});
