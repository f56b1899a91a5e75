import { aroundCalls, type DeployClients } from './clients.ts';

declare const reading: unique symbol;

/** Clients that can read and nothing else: the only ones that planning is given. */
export type ReadingClients = DeployClients & { readonly [reading]: true };

/**
 * The same clients without the power to change anything: each call that is not one of those listed here is
 * refused before it leaves the process.
 * @throws Error from `send`, naming the call: a bug in this program, never the user's fault.
 */
export function readingClients(clients: DeployClients): ReadingClients {
  return aroundCalls(clients, async ({ service, operation }, next) => {
    if (!READING.has(`${service}:${operation}`)) {
      throw new Error(`${service}:${operation} would change something, and planning only reads.`);
    }
    return next();
  }) as ReadingClients;
}

const READING: ReadonlySet<string> = new Set([
  'sts:GetCallerIdentity',
  's3:HeadBucket',
  's3:GetBucketTagging',
  's3:GetPublicAccessBlock',
  's3:GetBucketLifecycleConfiguration',
  'sqs:GetQueueUrl',
  'sqs:GetQueueAttributes',
  'sqs:ListQueueTags',
  'iam:GetRole',
  'iam:GetRolePolicy',
  'iam:ListRolePolicies',
  'iam:ListAttachedRolePolicies',
  'logs:DescribeLogGroups',
  'logs:ListTagsForResource',
  'lambda:GetFunction',
  'lambda:GetFunctionConfiguration',
  'lambda:GetFunctionRecursionConfig',
  'lambda:ListEventSourceMappings',
  'lambda:GetEventSourceMapping',
  'lambda:ListTags',
]);
