import { ListBucketsCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { describeWithMoto, type Moto, startMoto } from './moto.ts';

describeWithMoto('moto', () => {
  let moto: Moto;
  beforeAll(async () => {
    moto = await startMoto();
  });
  afterAll(() => moto.stop());

  test('answers the SDK and forgets everything on reset', async () => {
    const bucket = await moto.createBucket();
    const { Buckets } = await moto.s3.send(new ListBucketsCommand({}));
    expect(Buckets?.map(({ Name }) => Name)).toEqual([bucket]);

    await moto.reset();
    expect((await moto.s3.send(new ListBucketsCommand({}))).Buckets ?? []).toEqual([]);
  });
});
