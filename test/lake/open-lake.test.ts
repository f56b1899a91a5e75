import { resolve } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { openLake, parseLakeUrl } from '../../src/lake/open-lake.ts';

test.each([
  ['s3://data-lake', { kind: 's3', bucket: 'data-lake' }],
  ['s3://data-lake/', { kind: 's3', bucket: 'data-lake' }],
  ['S3://data-lake', { kind: 's3', bucket: 'data-lake' }],
  ['lake', { kind: 'directory', directory: 'lake' }],
  ['./s3/lake', { kind: 'directory', directory: './s3/lake' }],
  ['/var/lake/', { kind: 'directory', directory: '/var/lake/' }],
  ['C:\\lake', { kind: 'directory', directory: 'C:\\lake' }],
])('parses %s', (text, location) => {
  expect(parseLakeUrl(text)).toEqual(location);
});

test.each([
  ['s3://data-lake/prefix', 'without a prefix'],
  ['s3://data-lake//', 'without a prefix'],
  ['s3://', 'valid S3 bucket name'],
  ['s3://Data_Lake', 'lowercase'],
  ['https://data-lake.s3.amazonaws.com', 'must be a directory or s3://bucket'],
  ['  ', 'must be a directory'],
])('rejects %j', (text, reason) => {
  expect(() => parseLakeUrl(text)).toThrow(UsageError);
  expect(() => parseLakeUrl(text)).toThrow(reason);
});

test('opens a bucket with the given client', async () => {
  const s3 = new S3Client({ region: 'us-east-1' });
  const lake = await openLake({ createS3: () => s3 }, { kind: 's3', bucket: 'data-lake' });
  expect(lake.url).toBe('s3://data-lake');
  s3.destroy();
});

test('opens a directory without creating a client', async () => {
  const createS3 = () => {
    throw new Error('No client is needed.');
  };
  const lake = await openLake({ createS3 }, { kind: 'directory', directory: 'somewhere' });
  expect(lake.url).toBe(resolve('somewhere'));
});
