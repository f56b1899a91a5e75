import type { Call } from './clients.ts';

/** Where the IAM action that allows a call is not called like the call. */
const OTHER_ACTIONS: Readonly<Record<string, string>> = {
  's3:HeadBucket': 's3:ListBucket',
  's3:GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
  's3:PutPublicAccessBlock': 's3:PutBucketPublicAccessBlock',
  's3:GetBucketLifecycleConfiguration': 's3:GetLifecycleConfiguration',
  's3:PutBucketLifecycleConfiguration': 's3:PutLifecycleConfiguration',
  's3:ListObjectVersions': 's3:ListBucketVersions',
  's3:ListMultipartUploads': 's3:ListBucketMultipartUploads',
  's3:DeleteObjects': 's3:DeleteObjectVersion',
};

/** The IAM action that a call needs: `sqs:CreateQueue`. */
export function permissionOf(call: { readonly service: string; readonly operation: string }): string {
  const name = `${call.service}:${call.operation}`;
  return OTHER_ACTIONS[name] ?? name;
}

/** What a call is about, for people: `the queue "films"`. */
export function subjectOf({ input }: Pick<Call, 'input'>): string {
  for (const [property, kind] of SUBJECTS) {
    const value = input[property];
    if (typeof value === 'string') return `the ${kind} ${JSON.stringify(shorten(property, value))}`;
  }
  return 'this account';
}

const SUBJECTS = [
  ['Bucket', 'bucket'],
  ['QueueName', 'queue'],
  ['QueueUrl', 'queue'],
  ['RoleName', 'role'],
  ['logGroupName', 'log group'],
  ['logGroupNamePrefix', 'log group'],
  ['UUID', 'event source'],
  ['EventSourceArn', 'event source of'],
  ['FunctionName', 'function'],
  ['Resource', 'resource'],
  ['resourceArn', 'resource'],
] as const;

function shorten(property: string, value: string): string {
  return property === 'QueueUrl' ? (value.split('/').at(-1) ?? value) : value;
}
