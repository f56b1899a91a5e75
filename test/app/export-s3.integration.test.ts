import type { S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createS3Client } from '../../src/aws/s3-client.ts';
import { systemClock } from '../../src/clock.ts';
import { createS3Lake } from '../../src/lake/s3/s3-lake.ts';
import { withPrefix } from '../../src/lake/with-prefix.ts';
import { AWS_TARGETS, type Aws } from '../support/aws-targets.ts';
import { createLake, exportAll, exportTo, fillLake } from './export-lake.ts';

const TWO_YEARS = { 2003: { AD: 2 }, 2004: { ZU: 1 } };

describe.each(AWS_TARGETS.slice(0, 1))('an export from S3 to S3, on $name', ({ start }) => {
  let aws: Aws;
  let s3: S3Client;
  beforeAll(async () => {
    aws = await start();
    const { region, credentials } = aws.clientConfig;
    s3 = createS3Client({ env: aws.env, clock: systemClock, random: Math.random }, { region, credentials });
  });
  afterAll(async () => {
    s3.destroy();
    await aws.stop();
  });

  test('writes the same files below a prefix as elsewhere, then nothing, then only what has changed', async () => {
    const lake = createS3Lake({ s3, bucket: await aws.createBucket() });
    const bucket = createS3Lake({ s3, bucket: await aws.createBucket() });
    const target = withPrefix(bucket, 'tables/tmdb');
    await fillLake(lake, TWO_YEARS);
    const report = await exportTo(lake, target);
    expect(report).toMatchObject({ to: target.url, years: { written: [2003, 2004] }, partsWritten: 2 });

    const { files } = await exportAll(await createLake(TWO_YEARS));
    for (const [key, text] of Object.entries(files)) {
      const object = await bucket.read(`tables/tmdb/${key}`);
      const place = key.endsWith('.sql') ? text?.replaceAll('s3://export', target.url) : text;
      expect(object?.body.toString('utf8'), key).toBe(place);
    }
    expect((await exportTo(lake, target)).years).toEqual({ written: [], unchanged: 2 });
    await fillLake(lake, { 2003: { AD: 3 } }, { text: ' II' });
    expect((await exportTo(lake, target)).years).toEqual({ written: [2003], unchanged: 1 });
  });
});
