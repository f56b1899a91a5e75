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
])('reads %s', (text, location) => {
  expect(parseLakeUrl(text)).toEqual(location);
});

test.each([
  ['s3://data-lake/prefix', 'has a prefix'],
  ['s3://data-lake//', 'has a prefix'],
  ['s3://', 'no name of an S3 bucket'],
  ['s3://Data_Lake', 'lower-case'],
  ['https://data-lake.s3.amazonaws.com', 'no place of a lake'],
  ['  ', 'no place'],
])('refuses %j', (text, reason) => {
  expect(() => parseLakeUrl(text)).toThrow(UsageError);
  expect(() => parseLakeUrl(text)).toThrow(reason);
});

test('opens a bucket with the client it is given', async () => {
  const s3 = new S3Client({ region: 'us-east-1' });
  const lake = await openLake({ createS3: () => s3 }, { kind: 's3', bucket: 'data-lake' });
  expect(lake.url).toBe('s3://data-lake');
  s3.destroy();
});

test('opens a directory without making a client', async () => {
  const createS3 = () => {
    throw new Error('No client is needed.');
  };
  const lake = await openLake({ createS3 }, { kind: 'directory', directory: 'somewhere' });
  expect(lake.url).toBe(resolve('somewhere'));
});
