import type { STSClientConfig } from '@aws-sdk/client-sts';
import type { Trace } from '../trace.ts';
import { createRequestHandler, type Timeouts } from './request-handler.ts';

/** Loads credentials, and loads them again before they expire. */
export type CredentialProvider = Extract<
  NonNullable<STSClientConfig['credentials']>,
  (...args: never[]) => unknown
>;

/** For all clients of the command line, and for S3 everywhere, because it transfers large objects. */
export const DEFAULT_TIMEOUTS: Timeouts = { connectionTimeout: 5_000, socketTimeout: 60_000 };

/**
 * For the worker's SQS and Lambda clients. A keep-alive connection can die while Lambda freezes the process; only a
 * timeout detects that.
 */
export const SHORT_TIMEOUTS: Timeouts = { connectionTimeout: 3_000, socketTimeout: 10_000 };

/**
 * Without a logger, the SDK writes a warning of eight lines to the console when both AWS_PROFILE and an access key are
 * set. AWS_PROFILE takes precedence; commands that change something show it.
 */
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

interface ClientConfig {
  readonly credentials?: CredentialProvider;
  readonly requestHandler: ReturnType<typeof createRequestHandler>;
  readonly logger: typeof SILENT;
  readonly useQueueUrlAsEndpoint: boolean;
}

/**
 * The options of every AWS client in this program: all connection settings belong here. Credentials, profile, region,
 * endpoint and retries come from the SDK's default chain (environment and `~/.aws`).
 * @param env as `process.env`: proxies and CAs.
 * @param credentials those that the clients of a process share; otherwise each client loads its own.
 */
export function clientConfig(
  timeouts: Timeouts,
  env: Readonly<Record<string, string | undefined>>,
  credentials?: CredentialProvider,
): ClientConfig {
  return {
    ...(credentials && { credentials }),
    requestHandler: createRequestHandler(timeouts, env),
    logger: SILENT,
    // Otherwise SQS's client calls the host in a queue's URL: emulators return one that does not resolve everywhere.
    useQueueUrlAsEndpoint: false,
  };
}

/** A client of any AWS service. */
export interface AnyClient {
  readonly middlewareStack: unknown;
}

/** The context of a call. */
interface CallContext {
  readonly clientName?: string;
  readonly commandName?: string;
  /** The SDK keeps the options of the call here, for its own retries. */
  readonly __smithy_context?: { readonly abortSignal?: AbortSignal };
}

/** Sends a call of any service, with its retries. */
type SendCall = (args: { readonly input: object }) => Promise<{ readonly output: object }>;

/** Wraps every call of a client. */
export function wrapCalls<Client extends AnyClient>(
  client: Client,
  name: string,
  wrap: (next: SendCall, context: CallContext) => SendCall,
): Client {
  // Every client's stack has this shape; only the types of its inputs and outputs differ.
  const stack = client.middlewareStack as { add(middleware: typeof wrap, options: object): void };
  stack.add(wrap, { step: 'initialize', name });
  return client;
}

/** Makes `trace` observe the calls of a client: service, operation, subject, status and attempts. */
export function traceCalls<Client extends AnyClient>(client: Client, trace: Trace | undefined): Client {
  if (trace === undefined) return client;
  return wrapCalls(client, 'trace', (next, { clientName = '', commandName = '' }) => async (args) => {
    const service = clientName.replace(/Client$/, '');
    const operation = commandName.replace(/Command$/, '');
    const ended = trace.request(`AWS ${service} ${operation}${subjectOf(args.input)}`);
    try {
      const result = await next(args);
      ended(describeOutcome(result.output));
      return result;
    } catch (error) {
      ended(describeOutcome(error, error instanceof Error ? error.name : 'failed'));
      throw error;
    }
  });
}

/** The properties of an input that identify the subject of a call. Other properties may be secret and are not shown. */
const SUBJECTS = [
  'Key',
  'Prefix',
  'Bucket',
  'QueueName',
  'QueueUrl',
  'FunctionName',
  'UUID',
  'RoleName',
  'logGroupName',
] as const;

function subjectOf(input: object): string {
  const values = input as Readonly<Record<string, unknown>>;
  const subject = SUBJECTS.map((name) => values[name]).find((value) => typeof value === 'string');
  if (typeof subject !== 'string') return '';
  return ` ${subject.startsWith('http') ? (subject.split('/').at(-1) ?? '') : subject}`;
}

function describeOutcome(answer: unknown, name = ''): string {
  const { $metadata = {} } = answer as {
    readonly $metadata?: { httpStatusCode?: number; attempts?: number; requestId?: string };
  };
  const { httpStatusCode, attempts = 1, requestId } = $metadata;
  const status = [httpStatusCode, name].filter((part) => part !== undefined && part !== '').join(' ');
  const retried = attempts > 1 ? ` after ${attempts} attempts` : '';
  // AWS Support asks for the ID of a failed request.
  return `${status}${retried}${name !== '' && requestId ? `, request ID ${requestId}` : ''}`;
}
