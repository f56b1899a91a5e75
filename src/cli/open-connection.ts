import { join, resolve } from 'node:path';
import type { FleetConnection } from '../app/fleet-connection.ts';
import { createSummaryCacheFile } from '../app/manifest-summaries.ts';
import type { AwsClients, Identity } from '../aws/clients.ts';
import type { Settings } from '../config/settings.ts';
import type { Lake } from '../lake/lake.ts';
import { type LakeLocation, openLake, parseLakeUrl } from '../lake/open-lake.ts';
import type { CommandContext } from './context.ts';

// AWS's SDK takes some 0.3 s to load. So it is imported only here, once a command needs AWS: not for its help, a usage
// error, or a lake in a directory.

/** AWS answers within a second; a code bundle may take some to go up. */
const GRACE_MS = 5_000;

/** What a command on a fleet was told. */
export interface FleetInput {
  readonly settings: Settings & { readonly bucketName: string };
}

/** Reads the settings of a command on a fleet; the bucket is asked for when it is missing. */
export async function readFleetInput(context: CommandContext): Promise<FleetInput> {
  const settings = await context.readSettings();
  return { settings: { ...settings, bucketName: await context.requireSetting(settings, 'bucketName') } };
}

/**
 * Opens a fleet for a command.
 * @param options.announce asks AWS who one is and says so: for commands that change something.
 * @throws {UserError} when the bucket is absent or AWS takes no credentials.
 */
export async function openFleet(
  context: CommandContext,
  settings: FleetInput['settings'],
  { announce }: { readonly announce: boolean },
): Promise<FleetConnection> {
  const aws = await openAws(context);
  if (announce) {
    const { observeIdentity } = await import('../aws/clients.ts');
    announceIdentity(context, await observeIdentity(aws));
  }
  const lake = await openLakeAt(context, { kind: 's3', bucket: settings.bucketName });
  const cache = createSummaryCacheFile(await cacheFolder(context), lake.url);
  const { connectFleet } = await import('../app/fleet-connection.ts');
  return connectFleet(aws.clients, { settings, lake, cache, clock: context.clock });
}

/** Opens the queues of a fleet, without its lake. */
export async function openQueues(
  context: CommandContext,
  settings: Pick<Settings, 'queueName'>,
): Promise<Pick<FleetConnection, 'queue' | 'deadLetters'>> {
  const { connectQueues } = await import('../app/fleet-connection.ts');
  return connectQueues((await openAws(context)).clients, settings);
}

/** What deploying and destroying work with. */
export interface AwsConnection {
  readonly clients: AwsClients & { region(): Promise<string> };
  readonly profile: string | undefined;
  readonly clock: CommandContext['clock'];
}

/** Makes all the clients of AWS; nothing is asked yet. */
export async function openAws(context: CommandContext): Promise<AwsConnection> {
  const { withAbortGrace } = await import('../aws/calls.ts');
  const { createClients } = await import('../aws/clients.ts');
  const { createS3Client } = await import('../aws/s3-client.ts');
  const { io, clock, signal } = context;
  const { region, ...clients } = createClients({ s3: createS3Client({ env: io.env }) });
  return {
    clients: { ...withAbortGrace(clients, { clock, signal, graceMs: GRACE_MS }), region },
    profile: io.env.AWS_PROFILE || undefined,
    clock,
  };
}

/** Says who one is in AWS, before anything is changed there. */
export function announceIdentity({ io, output }: CommandContext, identity: Identity): void {
  const { region, accountId, arn, profile } = identity;
  const endpoint = io.env.AWS_ENDPOINT_URL ? `, at ${io.env.AWS_ENDPOINT_URL}` : '';
  output.info(`AWS account ${accountId}, region ${region}, profile ${profile ?? '(none)'}${endpoint}`);
  output.info(output.style.dim(`  as ${arn}`));
}

/** Beside the user's other caches. */
async function cacheFolder({ io }: CommandContext): Promise<string> {
  if (io.env.XDG_CACHE_HOME) return join(io.env.XDG_CACHE_HOME, 'tdd');
  const { default: envPaths } = await import('env-paths');
  return envPaths('tdd', { suffix: '' }).cache;
}

/**
 * The lake a command works on: `--to`, else the bucket of the settings, which is asked for when it is missing.
 * @throws {UsageError} for a place that cannot be a lake.
 */
export async function readLakeLocation(
  context: CommandContext,
  settings: Settings,
  to?: unknown,
): Promise<LakeLocation> {
  if (typeof to !== 'string')
    return { kind: 's3', bucket: await context.requireSetting(settings, 'bucketName') };
  const location = parseLakeUrl(to);
  if (location.kind === 's3') return location;
  return { kind: 'directory', directory: resolve(context.io.cwd, location.directory) };
}

/**
 * Opens a lake, a bucket only after a look at it.
 * @throws {UsageError} when the bucket is absent or another's.
 */
export async function openLakeAt({ io, signal }: CommandContext, location: LakeLocation): Promise<Lake> {
  const createS3 = async () => {
    const { createS3Client } = await import('../aws/s3-client.ts');
    const s3 = createS3Client({ env: io.env });
    if (location.kind === 's3') {
      const { checkBucket } = await import('../lake/s3/check-bucket.ts');
      await checkBucket({ s3, bucket: location.bucket }, { signal });
    }
    return s3;
  };
  return openLake({ createS3 }, location);
}
