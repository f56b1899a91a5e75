import { resolve } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { type LakeLocation, openLake, parseDestination, parseLakeUrl } from '../../src/lake/open-lake.ts';
import { isWindows } from '../support/platform.ts';

test.each<[string, LakeLocation]>([
  ['s3://data-lake', { kind: 's3', bucket: 'data-lake' }],
  ['s3://data-lake/', { kind: 's3', bucket: 'data-lake' }],
  ['S3://data-lake', { kind: 's3', bucket: 'data-lake' }],
  ['lake', { kind: 'directory', directory: 'lake' }],
  ['./s3/lake', { kind: 'directory', directory: './s3/lake' }],
  ['/var/lake/', { kind: 'directory', directory: '/var/lake/' }],
  ['./~/lake', { kind: 'directory', directory: './~/lake' }],
  ['./s3:lab', { kind: 'directory', directory: './s3:lab' }],
  ['lake~', { kind: 'directory', directory: 'lake~' }],
  ['2026-11-22T10:00', { kind: 'directory', directory: '2026-11-22T10:00' }],
  ...(isWindows
    ? [['C:\\lake', { kind: 'directory', directory: 'C:\\lake' }] satisfies [string, LakeLocation]]
    : []),
])('parses %s', (text, location) => {
  expect(parseLakeUrl(text)).toEqual(location);
});

test.each<[string, string]>([
  ['s3://data-lake/prefix', 'without a prefix'],
  ['s3://data-lake//', 'without a prefix'],
  ['s3://', 'valid S3 bucket name'],
  ['s3://Data_Lake', 'lowercase'],
  ['https://data-lake.s3.amazonaws.com', 'must be a directory or s3://bucket'],
  ['gs://x', 'use s3://bucket for a bucket in S3, or "./gs://x" for a directory of that name.'],
  ['s3:lab', '(got "s3:lab"): use "s3://lab" for a bucket, or "./s3:lab" for a directory of that name.'],
  ['s3:/b', 'use "s3://b" for a bucket'],
  ['S3:b/c', 'use "s3://b" for a bucket'],
  ['s3:///b', 'use "s3://b" for a bucket'],
  ['S3://', 'valid S3 bucket name'],
  ['s3a://lab', 'use "s3://lab" for a bucket'],
  ['file:///x/lake', 'use "/x/lake" for that directory'],
  ['file:/x', 'use "/x" for that directory'],
  ['C:lake', 'must be a directory or s3://bucket'],
  ...(isWindows ? [] : [['c:\\x', '"./c:\\\\x" for a directory of that name'] satisfies [string, string]]),
  ['~', 'must not begin with "~" (got "~"): use "$HOME" for your home directory, or "./~" for'],
  ['~/lake', 'use "$HOME/lake" for your home directory, or "./~/lake" for a directory of that name.'],
  ['~ann/lake', 'must not begin with "~" (got "~ann/lake"): use "./~ann/lake" for'],
  ['  ', 'must be a directory'],
])('rejects %j', (text, reason) => {
  expect(() => parseLakeUrl(text)).toThrow(UsageError);
  expect(() => parseLakeUrl(text)).toThrow(reason);
});

test.each<[string, LakeLocation]>([
  ['s3://data-lake', { kind: 's3', bucket: 'data-lake' }],
  ['s3://data-lake/', { kind: 's3', bucket: 'data-lake' }],
  ['s3://data-lake/exports/2026 11/', { kind: 's3', bucket: 'data-lake', prefix: 'exports/2026 11' }],
  ['S3://data-lake/a', { kind: 's3', bucket: 'data-lake', prefix: 'a' }],
  ['./export', { kind: 'directory', directory: './export' }],
])('parses the destination %s', (text, location) => {
  expect(parseDestination(text)).toEqual(location);
});

test.each<[string, string]>([
  ['', 'The destination must be a directory or s3://bucket/prefix (got "").'],
  [
    's3://data-lake//',
    'must not have an empty segment, "." or ".." between its slashes (got "s3://data-lake//").',
  ],
  ['s3://data-lake/a/../b', 'must not have an empty segment'],
  ['s3://Data_Lake/a', 'lowercase'],
  ['gs://x/y', 'The destination must be a directory or s3://bucket/prefix (got "gs://x/y")'],
  ['~/x', 'The destination must not begin with "~"'],
])('rejects the destination %j', (text, reason) => {
  expect(() => parseDestination(text)).toThrow(UsageError);
  expect(() => parseDestination(text)).toThrow(reason);
});

test('opens a bucket with the given client, and a prefix in it', async () => {
  const s3 = new S3Client({ region: 'us-east-1' });
  const lake = await openLake({ createS3: () => s3 }, { kind: 's3', bucket: 'data-lake' });
  expect(lake.url).toBe('s3://data-lake');
  const location = { kind: 's3', bucket: 'data-lake', prefix: 'exports/2026' } as const;
  expect((await openLake({ createS3: () => s3 }, location)).url).toBe('s3://data-lake/exports/2026');
  s3.destroy();
});

test('opens a directory without creating a client', async () => {
  const createS3 = () => {
    throw new Error('No client is needed.');
  };
  const lake = await openLake({ createS3 }, { kind: 'directory', directory: 'somewhere' });
  expect(lake.url).toBe(resolve('somewhere'));
});
