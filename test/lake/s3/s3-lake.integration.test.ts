import { HeadObjectCommand, ListMultipartUploadsCommand, type S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createS3Client } from '../../../src/aws/s3-client.ts';
import { systemClock } from '../../../src/clock.ts';
import { createS3Lake } from '../../../src/lake/s3/s3-lake.ts';
import { AWS_TARGETS, type Aws } from '../../support/aws-targets.ts';
import { describeLakeContract } from '../lake-contract.ts';

describe.each(AWS_TARGETS)('a lake in a bucket, on $name', ({ name, start }) => {
  let aws: Aws;
  let s3: S3Client;
  const buckets: string[] = [];
  beforeAll(async () => {
    // A process of its own, because the tests measure the memory of this one.
    aws = await start({ ownProcess: true });
    const { region, credentials } = aws.clientConfig;
    s3 = createS3Client({ env: aws.env, clock: systemClock, random: Math.random }, { region, credentials });
  });
  afterAll(async () => {
    s3.destroy();
    await aws.stop();
  });

  const openLake = async () => {
    const bucket = await aws.createBucket();
    buckets.push(bucket);
    return createS3Lake({ s3, bucket });
  };

  describeLakeContract({
    // What is measured is this process: moto only has to accept several parts, and is slow.
    streamedMb: name === 'moto' ? 20 : 96,
    swappers: 4,
    swaps: name === 'moto' ? 20 : 60,
    openLake,
    parallelLakes: async () => {
      // Unlike S3, moto answers in threads and does not lock between its check and its write. A single socket
      // serializes the requests, but not the callers.
      const { region, credentials } = aws.clientConfig;
      const oneSocket = createS3Client(
        { env: aws.env, clock: systemClock, random: Math.random },
        { region, credentials, requestHandler: { httpAgent: { keepAlive: true, maxSockets: 1 } } },
      );
      const bucket = await aws.createBucket();
      return [createS3Lake({ s3: oneSocket, bucket }), createS3Lake({ s3: oneSocket, bucket })];
    },
  });

  test('sets the content type of each object', async () => {
    const lake = await openLake();
    const Bucket = buckets.at(-1);
    await lake.write('a', '{}', 'application/json');
    await lake.writeStream('b', oneChunk(6 * 1024 * 1024), 'text/tab-separated-values');
    await lake.compareAndSwap('c', '{}', 'application/json', null);
    const typeOf = async (Key: string) => (await s3.send(new HeadObjectCommand({ Bucket, Key }))).ContentType;
    expect(await typeOf('a')).toBe('application/json');
    expect(await typeOf('b')).toBe('text/tab-separated-values');
    expect(await typeOf('c')).toBe('application/json');
  });

  test('leaves no unfinished upload in any bucket', async () => {
    expect(buckets.length).toBeGreaterThan(10);
    for (const Bucket of buckets) {
      const { Uploads } = await s3.send(new ListMultipartUploadsCommand({ Bucket }));
      expect(Uploads ?? []).toEqual([]);
    }
  });
});

async function* oneChunk(sizeBytes: number): AsyncGenerator<Uint8Array> {
  yield Buffer.alloc(sizeBytes);
}
