import { expect, test } from 'vitest';
import { parseBucketName } from '../src/bucket-name.ts';
import { UsageError } from '../src/errors.ts';

test.each(['abc', 'tmdb-data.lake-1', '1.2.3', 'a'.repeat(63), 'data-111122223333-us-west-2-an'])(
  'accepts %s',
  (name) => {
    expect(parseBucketName(name)).toBe(name);
  },
);

test.each([
  ['', '3 to 63'],
  ['ab', '3 to 63'],
  ['a'.repeat(64), '3 to 63'],
  ['My-Bucket', 'lowercase'],
  ['my_bucket', 'lowercase'],
  ['my bucket', 'lowercase'],
  ['-bucket', 'begin and end'],
  ['bucket.', 'begin and end'],
  ['a..b', 'two dots'],
  ['192.168.5.4', 'IP address'],
  ['xn--bucket', '"xn--"'],
  ['sthree-bucket', '"sthree-"'],
  ['amzn-s3-demo-bucket', '"amzn-s3-demo-"'],
  ['bucket-s3alias', '"-s3alias"'],
  ['bucket--ol-s3', '"--ol-s3"'],
  ['bucket.mrap', '".mrap"'],
  ['bucket--usw2-az1--x-s3', '"--x-s3"'],
  ['bucket--table-s3', '"--table-s3"'],
])('rejects %j with its name and the rule', (name, rule) => {
  expect(() => parseBucketName(name)).toThrow(UsageError);
  expect(() => parseBucketName(name)).toThrow(JSON.stringify(name));
  expect(() => parseBucketName(name)).toThrow(rule);
});
