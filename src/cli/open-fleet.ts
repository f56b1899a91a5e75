import { join } from 'node:path';
import type { FleetServices } from '../app/create-fleet.ts';
import type { SummaryCache } from '../app/manifest-summaries.ts';
import type { Settings } from '../config/settings.ts';
import type { Lake } from '../lake/lake.ts';
import { openAws } from './aws.ts';
import type { CommandContext } from './context.ts';
import { endingClients } from './ending-clients.ts';
import { openLakeAt } from './lake-location.ts';

/** What a command on a fleet was told. */
export interface OpenFleetInput {
  readonly settings: Settings & { readonly bucketName: string };
}

/** Reads the settings of a command on a fleet; the bucket is asked for when it is missing. */
export async function readFleetInput(context: CommandContext): Promise<OpenFleetInput> {
  const settings = await context.readSettings();
  return { settings: { ...settings, bucketName: await context.requireSetting(settings, 'bucketName') } };
}

/** Everything a fleet consists of. */
export interface OpenFleet extends FleetServices {
  readonly lake: Lake;
  readonly cache: SummaryCache;
}

/**
 * Opens a fleet for a command.
 * @param options.announce asks AWS who one is and says so: for commands that change something.
 * @throws {UserError} when the bucket is absent or AWS takes no credentials.
 */
export async function openFleet(
  context: CommandContext,
  settings: Settings & { readonly bucketName: string },
  { announce }: { readonly announce: boolean },
): Promise<OpenFleet> {
  const { createFleet } = await import('../app/create-fleet.ts');
  const { createSummaryCacheFile } = await import('../app/manifest-summaries.ts');
  const clients = announce ? (await openAws(context)).clients : await createFleetClients(context);
  const lake = await openLakeAt(context, { kind: 's3', bucket: settings.bucketName });
  const cache = createSummaryCacheFile(await cacheFolder(context), lake.url);
  return { lake, cache, ...createFleet(clients, settings) };
}

async function createFleetClients(context: CommandContext) {
  const { SQSClient } = await import('@aws-sdk/client-sqs');
  const { LambdaClient } = await import('@aws-sdk/client-lambda');
  const { clientConfig, PATIENT } = await import('../aws/client-config.ts');
  const config = clientConfig(PATIENT);
  return endingClients({ sqs: new SQSClient(config), lambda: new LambdaClient(config) }, context);
}

/** Beside the user's other caches. */
async function cacheFolder({ io }: CommandContext): Promise<string> {
  if (io.env.XDG_CACHE_HOME) return join(io.env.XDG_CACHE_HOME, 'tdd');
  const { default: envPaths } = await import('env-paths');
  return envPaths('tdd', { suffix: '' }).cache;
}
