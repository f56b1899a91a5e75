import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { STSClient } from '@aws-sdk/client-sts';
import { UserError } from '../errors.ts';
import type { Trace } from '../trace.ts';
import { clientConfig, DEFAULT_TIMEOUTS, traceCalls } from './client-config.ts';
import { explainAwsError } from './errors.ts';

/** A client for each AWS service that this program calls. Only `send` is used. */
export interface AwsClients {
  readonly iam: Pick<IAMClient, 'send'>;
  readonly lambda: Pick<LambdaClient, 'send'>;
  readonly sqs: Pick<SQSClient, 'send'>;
  readonly s3: Pick<S3Client, 'send'>;
  readonly logs: Pick<CloudWatchLogsClient, 'send'>;
  readonly sts: Pick<STSClient, 'send'>;
}

/**
 * Creates the clients, once per process. It sends no request, and loads a service's part of the SDK with the first call
 * to that service.
 * @param options.loadS3 creates the S3 client, or returns the one that the process already has.
 * @param options.trace observes every call, except those of the S3 client, which brings its own.
 * @returns the clients, and `region()`, which throws when no region is configured.
 */
export function createClients({
  loadS3,
  trace,
}: {
  readonly loadS3: () => Promise<S3Client>;
  readonly trace?: Trace | undefined;
}): AwsClients & { region(): Promise<string> } {
  const config = clientConfig(DEFAULT_TIMEOUTS);
  const loadSts = once(async () =>
    traceCalls(new (await import('@aws-sdk/client-sts')).STSClient(config), trace),
  );
  return {
    s3: lazily(loadS3),
    sqs: lazily(async () => traceCalls(new (await import('@aws-sdk/client-sqs')).SQSClient(config), trace)),
    lambda: lazily(async () =>
      traceCalls(new (await import('@aws-sdk/client-lambda')).LambdaClient(config), trace),
    ),
    iam: lazily(async () => traceCalls(new (await import('@aws-sdk/client-iam')).IAMClient(config), trace)),
    logs: lazily(async () =>
      traceCalls(new (await import('@aws-sdk/client-cloudwatch-logs')).CloudWatchLogsClient(config), trace),
    ),
    sts: lazily(loadSts),
    region: async () => (await loadSts()).config.region(),
  };
}

function once<T>(load: () => Promise<T>): () => Promise<T> {
  let loading: Promise<T> | undefined;
  return () => {
    loading ??= load();
    return loading;
  };
}

/** A client that is created when it is first called. */
function lazily<Client extends { send(...args: never[]): unknown }>(
  load: () => Promise<Client>,
): Pick<Client, 'send'> {
  const loadOnce = once(load);
  const send = async (...args: never[]) => (await loadOnce()).send(...args);
  return { send };
}

/** The caller's AWS identity and region, which commands show before they change anything. */
export interface Identity {
  readonly region: string;
  /** The profile in `~/.aws`; `undefined` when the credentials come from elsewhere. */
  readonly profile: string | undefined;
  /** 12 digits. */
  readonly accountId: string;
  /** The ARN of the user or role, such as `arn:aws:iam::123456789012:user/ada`. */
  readonly arn: string;
}

/**
 * Reads the caller's identity from STS.
 * @throws {UserError} when no region is set, or AWS rejects the credentials.
 */
export async function observeIdentity(deps: {
  readonly clients: AwsClients & { region(): Promise<string> };
  readonly profile: string | undefined;
}): Promise<Identity> {
  try {
    const region = await deps.clients.region();
    const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
    const { Account, Arn = '' } = await deps.clients.sts.send(new GetCallerIdentityCommand({}));
    if (!Account) throw new UserError('AWS did not return an account ID: sign in again.');
    return { region, profile: deps.profile, accountId: Account, arn: Arn };
  } catch (error) {
    throw explainAwsError(error, { actions: ['sts:GetCallerIdentity'], subject: 'this account' });
  }
}
