import { describe, expect, test } from 'vitest';
import { isAllowed, type Request } from '../../sandbox/aws/iam-policy.ts';
import { deploymentNames } from '../../src/deploy/names.ts';
import { canonicalJson, inlinePolicy, trustPolicy } from '../../src/deploy/resources/policy.ts';

const policy = inlinePolicy(
  deploymentNames({
    lambdaName: 'films',
    queueName: 'films-queue',
    bucketName: 'films-lake',
    region: 'us-east-1',
    accountId: '123456789012',
  }),
);
const role = { policies: { tdd: JSON.stringify(policy) }, attached: [] };
const BUCKET = 'arn:aws:s3:::films-lake';
const QUEUE = 'arn:aws:sqs:us-east-1:123456789012:films-queue';
const LOGS = 'arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/films';
const MAPPING = 'arn:aws:lambda:us-east-1:123456789012:event-source-mapping:0b7a';
const OWN = { 'lambda:FunctionArn': 'arn:aws:lambda:us-east-1:123456789012:function:films' };

test.each([
  ['eu-west-1', 'aws'],
  ['cn-north-1', 'aws-cn'],
  ['us-gov-west-1', 'aws-us-gov'],
  ['eusc-de-east-1', 'aws-eusc'],
])('the ARNs in %s are of the partition %s', (region, partition) => {
  const input = {
    lambdaName: 'films',
    queueName: 'films-queue',
    bucketName: 'films-lake',
    accountId: '123456789012',
  };
  const names = deploymentNames({ ...input, region });
  expect(JSON.stringify(inlinePolicy(names))).toContain(`"arn:${partition}:s3:::films-lake`);
  expect(names.roleArn).toContain(`arn:${partition}:iam::`);
});

describe('the inline policy', () => {
  const allowed: [string, Request][] = [
    [
      'reads the snapshot',
      { action: 's3:GetObject', resource: `${BUCKET}/imdb/title.basics-2026-11-22.tsv.gz` },
    ],
    ['reads the index', { action: 's3:GetObject', resource: `${BUCKET}/imdb/2026-11-22/movie/movies-a.tsv` }],
    [
      'builds the index',
      { action: 's3:PutObject', resource: `${BUCKET}/imdb/2026-11-22/movie/movies-a.tsv` },
    ],
    ['aborts an upload', { action: 's3:AbortMultipartUpload', resource: `${BUCKET}/imdb/movies.tsv` }],
    [
      'writes a movie',
      { action: 's3:PutObject', resource: `${BUCKET}/tmdb/movies/year-2004/initial-AD/a.json` },
    ],
    [
      'reads a manifest',
      { action: 's3:GetObject', resource: `${BUCKET}/tmdb/manifests/year-2004/initial-AD.json` },
    ],
    [
      'learns that a key does not exist',
      {
        action: 's3:ListBucket',
        resource: BUCKET,
        context: { 's3:prefix': 'tmdb/manifests/year-2004/a.json' },
      },
    ],
    ['lists the snapshots', { action: 's3:ListBucket', resource: BUCKET, context: { 's3:prefix': 'imdb/' } }],
    ['polls', { action: 'sqs:ReceiveMessage', resource: QUEUE }],
    ['acknowledges', { action: 'sqs:DeleteMessage', resource: QUEUE }],
    ["reads the queue's attributes", { action: 'sqs:GetQueueAttributes', resource: QUEUE }],
    ["sets a message's visibility timeout", { action: 'sqs:ChangeMessageVisibility', resource: QUEUE }],
    ['sends its continuation', { action: 'sqs:SendMessage', resource: QUEUE }],
    ['sends a dead letter', { action: 'sqs:SendMessage', resource: `${QUEUE}-dlq` }],
    ['opens a log stream', { action: 'logs:CreateLogStream', resource: `${LOGS}:log-stream:2026/11/22` }],
    ['logs', { action: 'logs:PutLogEvents', resource: `${LOGS}:log-stream:2026/11/22` }],
    ['reads its event source', { action: 'lambda:GetEventSourceMapping', resource: MAPPING, context: OWN }],
    [
      'disables its event source',
      { action: 'lambda:UpdateEventSourceMapping', resource: MAPPING, context: OWN },
    ],
  ];
  test.each(allowed)('allows a worker that %s', (_, access) => {
    expect(isAllowed(role, access)).toBe(true);
  });

  const denied: [string, Request][] = [
    ['reads another bucket', { action: 's3:GetObject', resource: 'arn:aws:s3:::films-lake-2/tmdb/a.json' }],
    ['writes into another bucket', { action: 's3:PutObject', resource: 'arn:aws:s3:::other/imdb/a.json' }],
    ['reads outside the lake', { action: 's3:GetObject', resource: `${BUCKET}/private/a.json` }],
    ['writes outside the lake', { action: 's3:PutObject', resource: `${BUCKET}/tmdb.json` }],
    ['deletes from the lake', { action: 's3:DeleteObject', resource: `${BUCKET}/tmdb/movies/a.json` }],
    ['lists the whole bucket', { action: 's3:ListBucket', resource: BUCKET }],
    [
      'lists another prefix',
      { action: 's3:ListBucket', resource: BUCKET, context: { 's3:prefix': 'private/' } },
    ],
    [
      'lists another bucket',
      { action: 's3:ListBucket', resource: 'arn:aws:s3:::other', context: { 's3:prefix': 'tmdb/' } },
    ],
    ['polls another queue', { action: 'sqs:ReceiveMessage', resource: `${QUEUE}-2` }],
    ['polls the dead-letter queue', { action: 'sqs:ReceiveMessage', resource: `${QUEUE}-dlq` }],
    ['sends to another queue', { action: 'sqs:SendMessage', resource: QUEUE.replace('films', 'other') }],
    [
      'polls in another region',
      { action: 'sqs:ReceiveMessage', resource: QUEUE.replace('us-east-1', 'eu-west-1') },
    ],
    ['purges the queue', { action: 'sqs:PurgeQueue', resource: QUEUE }],
    ['logs to another log group', { action: 'logs:PutLogEvents', resource: `${LOGS}-2:log-stream:a` }],
    ['creates a log group', { action: 'logs:CreateLogGroup', resource: `${LOGS}:*` }],
    [
      'disables the event source of another function',
      {
        action: 'lambda:UpdateEventSourceMapping',
        resource: MAPPING,
        context: { 'lambda:FunctionArn': `${OWN['lambda:FunctionArn']}-2` },
      },
    ],
    [
      'deletes its event source',
      { action: 'lambda:DeleteEventSourceMapping', resource: MAPPING, context: OWN },
    ],
    ['changes its function', { action: 'lambda:UpdateFunctionCode', resource: OWN['lambda:FunctionArn'] }],
  ];
  test.each(denied)('denies a worker that %s', (_, access) => {
    expect(isAllowed(role, access)).toBe(false);
  });

  test('belongs to a role that only Lambda can assume', () => {
    expect(trustPolicy().Statement).toEqual([
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: ['sts:AssumeRole'] },
    ]);
  });

  test('has a canonical form, independent of the order of keys and lists, and of how IAM writes a list of one item', () => {
    const left = { Version: 'a', Statement: [{ Action: ['b', 'c'], Effect: 'Allow' }] };
    const right = { Statement: { Effect: 'Allow', Action: ['c', 'b'] }, Version: 'a' };
    expect(canonicalJson(left)).toBe(canonicalJson(right));
    expect(canonicalJson({ Action: 'b' })).not.toBe(canonicalJson({ Action: 'c' }));
  });
});
