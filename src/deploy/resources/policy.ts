import type { DeploymentNames } from '../names.ts';

/** An IAM policy document, as IAM stores and returns it. */
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

/** The name of the role's only inline policy. */
export const INLINE_POLICY_NAME = 'tdd';

/** The statement for the KMS key of an encrypted lake. */
export const LAKE_KEY_SID = 'LakeKey';
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingKMSEncryption.html#require-sse-kms */
export const KEY_ACTIONS = ['kms:GenerateDataKey', 'kms:Decrypt'];

/** The prefixes of the lake that a worker reads and writes. */
const LAKE_PREFIXES = ['imdb/*', 'tmdb/*'];

/** The role's trust policy: only Lambda may assume the role. */
export function trustPolicy(): PolicyDocument {
  return {
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: ['sts:AssumeRole'] },
    ],
  };
}

/** Whether a trust policy that someone else wrote lets Lambda assume the role. Its conditions are not evaluated. */
export function trustsLambda(policy: unknown): boolean {
  const { Statement = [] } = (policy ?? {}) as { readonly Statement?: unknown };
  return [Statement].flat().some((statement) => {
    const { Effect, Action, Principal } = (statement ?? {}) as Readonly<Record<string, unknown>>;
    const { Service, AWS } = (Principal ?? {}) as Readonly<Record<string, unknown>>;
    const principals = [Principal, Service, AWS].flat();
    const actions = [Action].flat();
    return (
      Effect === 'Allow' &&
      ['lambda.amazonaws.com', '*'].some((principal) => principals.includes(principal)) &&
      ['sts:AssumeRole', 'sts:*', '*'].some((action) => actions.includes(action))
    );
  });
}

/**
 * The permissions of the worker, and of Lambda's poller, which uses the function's role: exactly the calls that they
 * make, and only on this deployment's resources (least privilege).
 *
 * With ListBucket, S3 returns 404 instead of 403 for a missing key; `s3:prefix` is then that key. The IDs of event
 * sources are not known in advance, so a condition restricts them to those of the function
 * (https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html).
 * @param lakeKeyArn the customer managed KMS key that encrypts the lake, if any.
 */
export function inlinePolicy(names: DeploymentNames, lakeKeyArn?: string): PolicyDocument {
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
      allow(
        'OwnEventSource',
        ['lambda:GetEventSourceMapping', 'lambda:UpdateEventSourceMapping'],
        [names.anyEventSourceArn],
        { ArnEquals: { 'lambda:FunctionArn': [names.functionArn] } },
      ),
      ...(lakeKeyArn === undefined ? [] : [allow(LAKE_KEY_SID, KEY_ACTIONS, [lakeKeyArn])]),
    ],
  };
}

/**
 * Serializes a policy in canonical form, independent of the order of keys and lists, so that policies can be compared.
 */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(canonical(value));
}

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) {
    const items = value.map(canonical);
    // For IAM, a list of one item is the same as the item itself.
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
