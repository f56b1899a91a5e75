import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { STSClient } from '@aws-sdk/client-sts';
import { UserError } from '../errors.ts';
import type { Trace } from '../trace.ts';
import type { CredentialProvider } from './client-config.ts';
import { type AnyClient, clientConfig, DEFAULT_TIMEOUTS, traceCalls } from './client-config.ts';
import { type CredentialSource, explainMissingCredentials, sourceOfCredentials } from './credentials.ts';
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

/** What the SDK found in the environment and `~/.aws`. */
export interface AwsConfig {
  /** Rejects when no region is configured. */
  region(): Promise<string>;
  /** Rejects when there are no credentials. */
  credentialSource?(): Promise<CredentialSource | undefined>;
}

/**
 * Creates the clients, once per process. It sends no request, and loads a service's part of the SDK with the first call
 * to that service.
 * @param options.env as `process.env`: proxies and CAs.
 * @param options.credentials those that the process shares with its S3 client.
 * @param options.loadS3 creates the S3 client, or returns the one that the process already has.
 * @param options.trace observes every call, except those of the S3 client, which brings its own.
 * @param options.profile the profile that `AWS_PROFILE` names, for error messages.
 */
export function createClients({
  env,
  credentials,
  loadS3,
  trace,
  profile,
}: {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly credentials?: CredentialProvider | undefined;
  readonly loadS3: () => Promise<S3Client>;
  readonly trace?: Trace | undefined;
  readonly profile?: string | undefined;
}): AwsClients & AwsConfig {
  const config = clientConfig(DEFAULT_TIMEOUTS, env, credentials);
  const prepare = <Client extends AnyClient>(client: Client): Client =>
    traceCalls(explainMissingCredentials(client, profile), trace);
  const loadSts = once(async () => prepare(new (await import('@aws-sdk/client-sts')).STSClient(config)));
  return {
    s3: lazily(loadS3),
    sqs: lazily(async () => prepare(new (await import('@aws-sdk/client-sqs')).SQSClient(config))),
    lambda: lazily(async () => prepare(new (await import('@aws-sdk/client-lambda')).LambdaClient(config))),
    iam: lazily(async () => prepare(new (await import('@aws-sdk/client-iam')).IAMClient(config))),
    logs: lazily(async () =>
      prepare(new (await import('@aws-sdk/client-cloudwatch-logs')).CloudWatchLogsClient(config)),
    ),
    sts: lazily(loadSts),
    region: async () => (await loadSts()).config.region(),
    credentialSource: async () => sourceOfCredentials(await (await loadSts()).config.credentials()),
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
  /** Where the credentials come from; absent when the SDK does not report it. */
  readonly credentialSource?: CredentialSource;
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
  readonly clients: AwsClients & AwsConfig;
  readonly profile: string | undefined;
}): Promise<Identity> {
  try {
    const region = await deps.clients.region();
    const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
    const { Account, Arn = '' } = await deps.clients.sts.send(new GetCallerIdentityCommand({}));
    if (!Account) throw new UserError('AWS did not return an account ID: sign in again.');
    const credentialSource = await deps.clients.credentialSource?.();
    return {
      region,
      profile: profileOf(deps.profile, credentialSource),
      ...(credentialSource !== undefined && { credentialSource }),
      accountId: Account,
      arn: Arn,
    };
  } catch (error) {
    throw explainAwsError(error, { actions: ['sts:GetCallerIdentity'], subject: 'this account' });
  }
}

function profileOf(named: string | undefined, source: CredentialSource | undefined): string | undefined {
  if (source === undefined) return named;
  return source === 'profile' ? (named ?? 'default') : undefined;
}
