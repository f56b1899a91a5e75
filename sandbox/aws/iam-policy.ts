import { AwsError } from './aws-call.ts';
import type { Role } from './world.ts';

interface Statement {
  readonly Effect: 'Allow' | 'Deny';
  readonly Action?: string | readonly string[];
  readonly Resource?: string | readonly string[];
  readonly Principal?: { readonly Service?: string | readonly string[] };
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

/** The action to authorize. */
export interface Request {
  /** `s3:GetObject` */
  readonly action: string;
  /** An ARN. */
  readonly resource: string;
  /** Condition keys and their values, such as `s3:prefix`. */
  readonly context?: Readonly<Record<string, string>>;
}

/** The permissions of the AWS managed policies for a worker's role, by ARN. */
export const MANAGED_POLICIES: Readonly<Record<string, readonly string[]>> = {
  'arn:aws:iam::aws:policy/service-role/AWSLambdaBasicExecutionRole': [
    'logs:CreateLogGroup',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
  ],
  'arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole': [
    'sqs:ReceiveMessage',
    'sqs:DeleteMessage',
    'sqs:GetQueueAttributes',
    'logs:CreateLogGroup',
    'logs:CreateLogStream',
    'logs:PutLogEvents',
  ],
  'arn:aws:iam::aws:policy/AmazonSQSFullAccess': ['sqs:*'],
  'arn:aws:iam::aws:policy/AmazonS3FullAccess': ['s3:*'],
  'arn:aws:iam::aws:policy/AWSLambda_FullAccess': ['lambda:*', 'logs:*'],
  'arn:aws:iam::aws:policy/CloudWatchLogsFullAccess': ['logs:*'],
};

/** @throws {AwsError} MalformedPolicyDocument, when `text` is not a policy. */
export function readPolicy(text: string): readonly Statement[] {
  try {
    const { Statement: statements } = JSON.parse(text) as { Statement: Statement | Statement[] };
    const list = Array.isArray(statements) ? statements : [statements];
    if (list.every(({ Effect }) => Effect === 'Allow' || Effect === 'Deny')) return list;
  } catch {
    // Reported below.
  }
  throw new AwsError(400, 'MalformedPolicyDocument', 'Syntax errors in policy.');
}

/** Whether the role may perform an action. A Deny wins; without an Allow the action is denied. */
export function isAllowed(role: Pick<Role, 'attached' | 'policies'>, request: Request): boolean {
  const managed = role.attached.map((arn): Statement => {
    return { Effect: 'Allow', Action: MANAGED_POLICIES[arn] ?? [], Resource: '*' };
  });
  const matching = [...Object.values(role.policies).flatMap(readPolicy), ...managed].filter(
    ({ Action, Resource, Condition }) =>
      listOf(Action).some((pattern) => matches(pattern.toLowerCase(), request.action.toLowerCase())) &&
      listOf(Resource).some((pattern) => matches(pattern, request.resource)) &&
      conditionsHold(Condition, request.context ?? {}),
  );
  return matching.length > 0 && matching.every(({ Effect }) => Effect === 'Allow');
}

/** Whether the trust policy lets the service assume the role. */
export function isTrusted(role: Role, service: string): boolean {
  return readPolicy(role.trust).some(
    ({ Effect, Action, Principal }) =>
      Effect === 'Allow' &&
      listOf(Action).includes('sts:AssumeRole') &&
      listOf(Principal?.Service).includes(service),
  );
}

/** Evaluates string conditions. Any other operator is false, so that nothing is allowed by mistake. */
function conditionsHold(
  conditions: Statement['Condition'],
  context: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(conditions ?? {}).every(([operator, keys]) =>
    Object.entries(keys).every(([key, patterns]) => {
      const value = Object.entries(context).find(([name]) => name.toLowerCase() === key.toLowerCase())?.[1];
      if (value === undefined) return operator.endsWith('IfExists');
      switch (operator.replace('IfExists', '')) {
        case 'StringEquals':
          return listOf(patterns).includes(value);
        case 'ArnEquals':
        case 'ArnLike':
        case 'StringLike':
          return listOf(patterns).some((pattern) => matches(pattern, value));
        default:
          return false;
      }
    }),
  );
}

/** Matches wildcards: `*` is any text, `?` any single character. */
function matches(pattern: string, value: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`, 's').test(value);
}

function listOf(value: string | readonly string[] | undefined): readonly string[] {
  return value === undefined ? [] : typeof value === 'string' ? [value] : value;
}
