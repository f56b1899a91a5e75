import type { S3Client } from '@aws-sdk/client-s3';
import type { CredentialProvider } from '../aws/client-config.ts';
import type { Identity } from '../aws/clients.ts';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config/settings.ts';
import type { Lake } from '../lake/lake.ts';
import { type LakeLocation, openLake } from '../lake/open-lake.ts';
import { createNetwork } from '../network.ts';
import type { Trace } from '../trace.ts';
import type { OnWait } from '../wait.ts';
import type { Connection } from './connection.ts';
import type { FleetConnection } from './fleet-connection.ts';
import { createSummaryCacheFile } from './manifest-summaries.ts';

// The AWS SDK takes about 0.3 s to load. These functions import it when a command needs AWS, so that help, usage errors
// and directory lakes do not load it.

/** AWS answers within a second; uploading a code bundle may take several. */
const GRACE_MS = 5_000;

/** The process state that a connection uses. */
export interface ProcessContext {
  /** As `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  /** Aborts calls in flight after a grace period of some seconds. */
  readonly signal: AbortSignal;
  /** The AWS credentials that all clients of the process share. */
  readonly credentials?: CredentialProvider | undefined;
  /** Observes requests and retries. */
  readonly trace?: Trace | undefined;
  /** Called when a wait delays the command. */
  readonly onWait?: OnWait | undefined;
}

/** The part of a connection that deploy and destroy use. */
type AwsConnection = Pick<Connection, 'clients' | 'profile' | 'clock'>;

/**
 * Creates all AWS clients; it sends no requests yet.
 * @throws {UsageError} for a variable of the SDK with whitespace, or a custom endpoint that is not an http or https URL.
 */
export async function openAws(context: ProcessContext): Promise<AwsConnection> {
  const { env, clock, credentials, signal, trace } = context;
  const { withAbortGrace } = await import('../aws/calls.ts');
  const { createClients } = await import('../aws/clients.ts');
  const { checkAwsVariables } = await import('../aws/endpoints.ts');
  checkAwsVariables(env);
  const profile = env.AWS_PROFILE || undefined;
  const clients = createClients({ env, credentials, loadS3: () => loadS3(context), trace, profile });
  return {
    clients: { ...clients, ...withAbortGrace(clients, { clock, signal, graceMs: GRACE_MS }) },
    profile,
    clock,
  };
}

async function loadS3({ env, clock, credentials, trace, onWait }: ProcessContext): Promise<S3Client> {
  const { createS3Client } = await import('../aws/s3-client.ts');
  return createS3Client({ env, clock, credentials, random: Math.random, trace, onWait });
}

/**
 * Reads the caller's identity in AWS.
 * @throws {UserError} when no region is set, or there are no valid credentials.
 */
export async function readIdentity(context: ProcessContext): Promise<Identity> {
  const { observeIdentity } = await import('../aws/clients.ts');
  return observeIdentity(await openAws(context));
}

/** A fleet, and the caller's identity in AWS. */
export interface OpenFleet extends FleetConnection {
  /** Reads the identity from STS. @throws {UserError} as `observeIdentity`. */
  identify(): Promise<Identity>;
}

/**
 * Opens a fleet and its lake.
 * @param options.cacheFolder the folder for the cache of manifest summaries, which later processes reuse.
 * @param options.needsLake whether to check that the bucket exists and is accessible. Default: `true`.
 * @param options.onIdentity called with the caller's identity in AWS, before any other call.
 * @throws {UserError} when the bucket is absent or there are no valid AWS credentials.
 */
export async function openFleet(
  context: ProcessContext,
  settings: FleetConnection['settings'],
  options: {
    readonly cacheFolder: string;
    readonly needsLake?: boolean | undefined;
    readonly onIdentity?: ((identity: Identity) => void) | undefined;
  },
): Promise<OpenFleet> {
  const { cacheFolder, needsLake, onIdentity } = options;
  const aws = await openAws(context);
  const { observeIdentity } = await import('../aws/clients.ts');
  const identify = () => observeIdentity(aws);
  onIdentity?.(await identify());
  const lake = await openLakeAt(context, { kind: 's3', bucket: settings.bucketName }, { check: needsLake });
  const cache = createSummaryCacheFile(cacheFolder, lake.url);
  const { connectFleet } = await import('./fleet-connection.ts');
  const network = createNetwork(context.env);
  const fleet = connectFleet(aws.clients, { settings, lake, cache, clock: context.clock, network });
  return { ...fleet, identify };
}

/** Opens the queues of a fleet, without its lake. */
export async function openQueues(
  context: ProcessContext,
  settings: Pick<Settings, 'queueName'>,
): Promise<Pick<FleetConnection, 'queue' | 'deadLetters'>> {
  const { connectQueues } = await import('./fleet-connection.ts');
  return connectQueues((await openAws(context)).clients, settings);
}

/**
 * Opens a lake. If it is a bucket, this checks that the bucket exists and is accessible, unless `check` is `false`.
 * @throws {UsageError} when the bucket does not exist or belongs to another account.
 */
export async function openLakeAt(
  context: ProcessContext,
  location: LakeLocation,
  { check = true }: { readonly check?: boolean | undefined } = {},
): Promise<Lake> {
  const createS3 = async () => {
    const s3 = await loadS3(context);
    if (check && location.kind === 's3') {
      const { checkBucket } = await import('../lake/s3/check-bucket.ts');
      await checkBucket({ s3, bucket: location.bucket }, context);
    }
    return s3;
  };
  return openLake({ createS3, onWait: context.onWait }, location);
}
