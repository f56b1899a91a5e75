import type { DeploymentNames } from '../names.ts';

/** An IAM policy, in the form that IAM keeps and gives back. */
export interface PolicyDocument {
  readonly Version: '2012-10-17';
  readonly Statement: readonly PolicyStatement[];
}

export interface PolicyStatement {
  readonly Sid?: string;
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource?: readonly string[];
  readonly Principal?: { readonly Service: string };
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
}

/** The name of the role's one inline policy. */
export const INLINE_POLICY_NAME = 'tdd';

/** The prefixes of the lake that a worker reads and writes. */
const LAKE_PREFIXES = ['imdb/*', 'tmdb/*'];

/** Who may assume the role: Lambda alone. */
export function trustPolicy(): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: ['sts:AssumeRole'] },
    ],
  };
}

/**
 * What the worker may do, and Lambda's poller, which polls the queue with the function's role: exactly the calls
 * that they make, on this deployment's resources only.
 *
 * With ListBucket S3 answers 404 instead of 403 for a missing key, for which `s3:prefix` is the key. Ids of event
 * sources are not known beforehand: the condition restricts them to the function's
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html).
 */
export function inlinePolicy(names: DeploymentNames): PolicyDocument {
  const allow = (
    Sid: string,
    Action: string[],
    Resource: string[],
    Condition?: PolicyStatement['Condition'],
  ): PolicyStatement => ({ Sid, Effect: 'Allow', Action, Resource, ...(Condition ? { Condition } : {}) });
  return {
    Version: '2012-10-17',
    Statement: [
      allow(
        'Lake',
        ['s3:GetObject', 's3:PutObject', 's3:AbortMultipartUpload'],
        LAKE_PREFIXES.map((prefix) => `${names.bucketArn}/${prefix}`),
      ),
      allow('LakeListing', ['s3:ListBucket'], [names.bucketArn], {
        StringLike: { 's3:prefix': LAKE_PREFIXES },
      }),
      allow(
        'Queue',
        [
          'sqs:ReceiveMessage',
          'sqs:DeleteMessage',
          'sqs:GetQueueAttributes',
          'sqs:ChangeMessageVisibility',
          'sqs:SendMessage',
        ],
        [names.queueArn],
      ),
      allow('DeadLetters', ['sqs:SendMessage'], [names.deadLetterQueueArn]),
      allow('Logs', ['logs:CreateLogStream', 'logs:PutLogEvents'], [`${names.logGroupArn}:*`]),
      allow('OwnEventSource', ['lambda:UpdateEventSourceMapping'], [names.anyEventSourceArn], {
        ArnEquals: { 'lambda:FunctionArn': [names.functionArn] },
      }),
    ],
  };
}

/** A policy's text in a canonical form, whatever the order of its keys and lists: for comparing. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(canonical(value));
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(canonical);
    // To IAM a list of one item and the item itself are the same.
    if (items.length === 1) return items[0];
    return items.sort((a, b) => compare(JSON.stringify(a), JSON.stringify(b)));
  }
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, canonical(item)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => compare(a, b)));
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
