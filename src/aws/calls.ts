import { setMaxListeners } from 'node:events';
import { startAbortGrace } from '../abort-grace.ts';
import type { Clock } from '../clock.ts';
import { UserError } from '../errors.ts';
import type { AwsClients } from './clients.ts';
import {
  type AwsFailureKind,
  type CallContext,
  classifyAwsError,
  explainAwsError,
  httpStatusOf,
} from './errors.ts';

/** One call to an AWS service. */
export interface Call {
  readonly service: keyof AwsClients;
  /** The API operation, such as `CreateQueue`. */
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

interface CallOptions {
  readonly abortSignal?: AbortSignal;
}

/**
 * Wraps clients so that `around` runs in place of each call.
 * @param around receives the call and `next`, which makes it, with additional options if given.
 */
export function interceptCalls(
  clients: AwsClients,
  around: (call: Call, next: (options?: CallOptions) => Promise<unknown>) => Promise<unknown>,
): AwsClients {
  const wrap = (service: keyof AwsClients) => ({
    send: (command: { readonly input: unknown }, given?: CallOptions) => {
      const call = {
        service,
        operation: command.constructor.name.replace(/Command$/, ''),
        input: command.input as Record<string, unknown>,
      };
      const send = clients[service].send.bind(clients[service]) as (...args: unknown[]) => Promise<unknown>;
      return around(call, (options) => send(command, { ...given, ...options }));
    },
  });
  const wrapped: Record<keyof AwsClients, unknown> = {
    iam: wrap('iam'),
    lambda: wrap('lambda'),
    sqs: wrap('sqs'),
    s3: wrap('s3'),
    logs: wrap('logs'),
    sts: wrap('sts'),
  };
  return wrapped as AwsClients;
}

/**
 * Wraps clients so that their calls end soon after the signal aborts (Ctrl-C). A call in flight gets a grace period to
 * finish, so that its result is known; after that it is aborted and rejects with the signal's reason. A call that
 * starts after the abort, such as cleanup that makes messages visible again, gets the same grace period.
 */
export function withAbortGrace(
  clients: AwsClients,
  { graceMs, ...stop }: { readonly clock: Clock; readonly signal: AbortSignal; readonly graceMs: number },
): AwsClients {
  setMaxListeners(0, stop.signal); // Each call in flight listens to it.
  return interceptCalls(clients, async (_, next) => {
    const { abort, end } = startAbortGrace(stop, graceMs);
    const aborted = new Promise<never>((_resolve, reject) => {
      abort.addEventListener('abort', () => reject(abort.reason), { once: true });
    });
    try {
      return await Promise.race([next({ abortSignal: abort }), aborted]);
    } finally {
      end();
    }
  });
}

declare const reading: unique symbol;

/** Clients that can only read. Planning gets no others. */
export type ReadOnlyClients = AwsClients & { readonly [reading]: true };

/**
 * Wraps clients so that they cannot change anything: every call that is not read-only fails before it leaves the
 * process.
 * @throws Error from `send`, naming the call. This is a bug in this program, never the user's fault.
 */
export function readOnlyClients(clients: AwsClients): ReadOnlyClients {
  return interceptCalls(clients, async ({ service, operation }, next) => {
    if (!READING.test(operation)) {
      throw new Error(
        `${service}:${operation} is not a read-only call, and planning must not change anything.`,
      );
    }
    return next();
  }) as ReadOnlyClients;
}

/** Matches the names of read-only operations. In the services used here, no mutating operation has such a name. */
const READING = /^(Describe|Get|Head|List)[A-Z]/;

/** IAM actions whose names differ from the operations that they allow. */
const ACTION_NAMES: Readonly<Record<string, string>> = {
  's3:HeadBucket': 's3:ListBucket',
  's3:HeadObject': 's3:GetObject',
  's3:CompleteMultipartUpload': 's3:PutObject',
  's3:GetPublicAccessBlock': 's3:GetBucketPublicAccessBlock',
  's3:PutPublicAccessBlock': 's3:PutBucketPublicAccessBlock',
  's3:GetBucketEncryption': 's3:GetEncryptionConfiguration',
  's3:GetBucketLifecycleConfiguration': 's3:GetLifecycleConfiguration',
  's3:PutBucketLifecycleConfiguration': 's3:PutLifecycleConfiguration',
  's3:ListObjectVersions': 's3:ListBucketVersions',
  's3:ListMultipartUploads': 's3:ListBucketMultipartUploads',
  's3:DeleteObjects': 's3:DeleteObjectVersion',
};

/** The IAM action that a call needs, such as `sqs:CreateQueue`. */
export function permissionOf(call: { readonly service: string; readonly operation: string }): string {
  const name = `${call.service}:${call.operation}`;
  return ACTION_NAMES[name] ?? name;
}

/** The resource of a call, as messages name it: `the queue "films"`. */
function subjectOf({ input }: Pick<Call, 'input'>): string {
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

/**
 * Wraps clients so that missing credentials, denied actions and an unreachable network are thrown as a
 * {@link UserError} that says what to do. Other service errors are thrown unchanged, because resources check their
 * names; {@link toUserError} can convert them later.
 * @param secrets values to redact from every error message.
 */
export function withClearErrors(clients: AwsClients, secrets: readonly string[] = []): AwsClients {
  return interceptCalls(clients, async (call, next) => {
    try {
      return await next();
    } catch (error) {
      if (!(error instanceof Error) || error instanceof UserError) throw error;
      redact(error, secrets);
      failedCalls.set(error, call);
      // The response has no body, but its headers may name the bucket's region: the caller reads them.
      if (call.operation === 'HeadBucket' && httpStatusOf(error) === 400) throw error;
      const kind = classifyAwsError(error, contextOf(call))?.kind;
      throw kind !== undefined && NOT_HANDLED_BY_RESOURCES.has(kind) ? toUserError(error) : error;
    }
  });
}

/** Failures that no resource handles itself. */
const NOT_HANDLED_BY_RESOURCES: ReadonlySet<AwsFailureKind> = new Set([
  'credentials',
  'denied',
  'no region',
  'invalid endpoint',
  'clock skew',
  'unreachable',
  'broken connection',
]);

/**
 * Converts a service error thrown by {@link withClearErrors} to a {@link UserError}. Returns other errors unchanged.
 */
export function toUserError(error: unknown): unknown {
  const call = error instanceof Error ? failedCalls.get(error) : undefined;
  return call === undefined ? error : explainAwsError(error, contextOf(call));
}

const failedCalls = new WeakMap<Error, Call>();

function contextOf(call: Call): CallContext {
  const { Bucket } = call.input;
  return {
    actions: [permissionOf(call)],
    subject: subjectOf(call),
    ...(typeof Bucket === 'string' && { bucket: Bucket }),
  };
}

function redact(error: Error, secrets: readonly string[]): void {
  for (const secret of secrets) {
    if (secret === '') continue;
    error.message = error.message.replaceAll(secret, '(hidden)');
    if (error.stack) error.stack = error.stack.replaceAll(secret, '(hidden)');
  }
}
