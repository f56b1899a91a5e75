import { expect, test } from 'vitest';
import { checkAwsVariables, readS3Endpoint } from '../../src/aws/endpoints.ts';
import { UsageError } from '../../src/errors.ts';

test.each([
  ['AWS_ENDPOINT_URL', '127.0.0.1:5777'],
  ['AWS_ENDPOINT_URL', 'localhost:4566'],
  ['AWS_ENDPOINT_URL', 'http://'],
  ['AWS_ENDPOINT_URL_STS', 'ftp://sts.test'],
  ['AWS_ENDPOINT_URL_CLOUDWATCH_LOGS', 'logs.test'],
])('rejects %s=%s, which is not an http or https URL', (name, value) => {
  const expected = `${name} must be a URL that begins with http:// or https:// (got "${value}").`;
  expect(() => checkAwsVariables({ [name]: value })).toThrow(new UsageError(expected));
  expect(() => readS3Endpoint({ [name]: value })).toThrow(expected);
});

test('accepts URLs, and ignores empty values', () => {
  checkAwsVariables({
    AWS_ENDPOINT_URL: 'http://127.0.0.1:5777',
    AWS_ENDPOINT_URL_SQS: 'HTTPS://sqs.test/',
    HOME: 'x',
  });
  checkAwsVariables({ AWS_ENDPOINT_URL: '', AWS_ENDPOINT_URL_S3: undefined });
  checkAwsVariables({ AWS_ENDPOINT_URL: 'localhost', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' });
});

test('does not show a value that may contain a password', () => {
  expect(() => checkAwsVariables({ AWS_ENDPOINT_URL: 'ada:secret@aws.test' })).toThrow(
    'AWS_ENDPOINT_URL must be a URL that begins with http:// or https://.',
  );
});

test.each([
  ['AWS_REGION', 'us-east-1\r', 'ends with a carriage return (\\r)'],
  ['AWS_PROFILE', 'films\r', 'ends with a carriage return (\\r)'],
  ['AWS_SECRET_ACCESS_KEY', 'secret\n', 'begins or ends with whitespace'],
  ['AWS_ENDPOINT_URL', ' http://127.0.0.1:5777', 'begins or ends with whitespace'],
  ['AWS_ENDPOINT_URL_SQS', 'http://127.0.0.1:5777\r', 'ends with a carriage return (\\r)'],
])('names %s when it has whitespace: %j', (name, value, what) => {
  const expected = new UsageError(`${name} ${what}: remove it where the variable is set.`);
  expect(() => checkAwsVariables({ [name]: value })).toThrow(expected);
  expect(() => readS3Endpoint({ [name]: value })).toThrow(expected);
});
