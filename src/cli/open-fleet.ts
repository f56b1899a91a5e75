import { join } from 'node:path';
import type { Settings } from '../config/settings.ts';
import type { QueueMover } from '../fleet/queue.ts';
import type { SqsQueue } from '../fleet/sqs-queue.ts';
import type { SummaryCache } from '../fleet/summary-cache.ts';
import type { FleetWorkers } from '../fleet/workers.ts';
import type { Lake } from '../lake/lake.ts';
import { openAws } from './aws.ts';
import type { CommandContext } from './context.ts';
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
export interface OpenFleet {
  readonly lake: Lake;
  readonly cache: SummaryCache;
  readonly queue: SqsQueue;
  readonly deadLetters: SqsQueue;
  readonly mover: QueueMover;
  readonly workers: FleetWorkers;
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
  const { bucketName, lambdaName, queueName } = settings;
  const { createSqsQueue } = await import('../fleet/sqs-queue.ts');
  const { createSqsMover } = await import('../fleet/sqs-mover.ts');
  const { createFleetWorkers } = await import('../fleet/workers.ts');
  const { createSummaryCacheFile } = await import('../fleet/summary-cache-file.ts');
  const { sqs, lambda } = announce ? (await openAws(context)).clients : await createFleetClients();
  const lake = await openLakeAt(context, { kind: 's3', bucket: bucketName });
  const queue = createSqsQueue({ sqs }, queueName);
  const deadLetters = createSqsQueue({ sqs }, `${queueName}-dlq`);
  return {
    lake,
    cache: createSummaryCacheFile(await cacheFolder(context), lake.url),
    queue,
    deadLetters,
    mover: createSqsMover({ sqs }, { deadLetters, queue }),
    workers: createFleetWorkers({ lambda }, { functionName: lambdaName, queueName }),
  };
}

async function createFleetClients() {
  const { SQSClient } = await import('@aws-sdk/client-sqs');
  const { LambdaClient } = await import('@aws-sdk/client-lambda');
  return { sqs: new SQSClient({}), lambda: new LambdaClient({}) };
}

/** Beside the user's other caches. */
async function cacheFolder({ io }: CommandContext): Promise<string> {
  if (io.env.XDG_CACHE_HOME) return join(io.env.XDG_CACHE_HOME, 'tdd');
  const { default: envPaths } = await import('env-paths');
  return envPaths('tdd', { suffix: '' }).cache;
}
