import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AWS_TARGETS, type Aws } from './aws-targets.ts';

describe.each(AWS_TARGETS)('$name', ({ start }) => {
  let aws: Aws;
  beforeAll(async () => {
    aws = await start();
  });
  afterAll(() => aws.stop());

  test('works with the SDK, and deletes everything on reset', async () => {
    const bucket = await aws.createBucket();
    const { Buckets } = await aws.s3.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual([bucket]);

    await aws.reset();
    expect((await aws.s3.send(new ListBucketsCommand({}))).Buckets ?? []).toEqual([]);
  });
});
