import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { createFleetWorkers, type FleetWorkers } from '../aws/event-source.ts';
import { createSqsMover } from '../aws/move-task.ts';
import { createSqsQueue, type SqsQueue } from '../aws/queue.ts';
import type { QueueMover } from '../aws/queue-interface.ts';
import type { Clock } from '../clock.ts';
import type { Settings } from '../config/settings.ts';
import type { Lake } from '../lake/lake.ts';
import type { Network } from '../network.ts';
import { deadLetterQueueName } from '../worker-contract.ts';
import type { SummaryCache } from './manifest-summaries.ts';
import { userAgent } from './version.ts';

/** Clients for a fleet and its lake: the first argument of the functions that work on a fleet. */
export interface FleetConnection {
  readonly settings: Settings & { readonly bucketName: string };
  readonly lake: Lake;
  readonly queue: SqsQueue;
  readonly deadLetters: SqsQueue;
  readonly mover: QueueMover;
  readonly workers: FleetWorkers;
  /** Caches summaries of the lake's manifests, so that a manifest is read again only when it has changed. */
  readonly cache: SummaryCache;
  /** The base URL of IMDb's data sets. */
  readonly datasetsUrl: string;
  /** The `User-Agent` of requests to TMDB and IMDb. */
  readonly userAgent: string;
  /** The connections to IMDb; by default direct ones. */
  readonly network?: Network;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Creates clients for the queues and workers in the settings; it sends no requests yet. */
export function connectFleet(
  { sqs, lambda }: { readonly sqs: Pick<SQSClient, 'send'>; readonly lambda: Pick<LambdaClient, 'send'> },
  parts: Pick<FleetConnection, 'settings' | 'lake' | 'cache' | 'clock' | 'network'>,
): FleetConnection {
  const { queueName, lambdaName: functionName, imdbDatasetsUrl } = parts.settings;
  const queues = connectQueues({ sqs }, parts.settings);
  return {
    ...parts,
    ...queues,
    mover: createSqsMover({ sqs }, queues),
    workers: createFleetWorkers({ lambda }, { functionName, queueName }),
    datasetsUrl: imdbDatasetsUrl,
    userAgent: userAgent(),
    random: Math.random,
  };
}

/** Creates clients for the queue in the settings and its dead-letter queue; it sends no requests yet. */
export function connectQueues(
  { sqs }: { readonly sqs: Pick<SQSClient, 'send'> },
  { queueName }: Pick<Settings, 'queueName'>,
): Pick<FleetConnection, 'queue' | 'deadLetters'> {
  return {
    queue: createSqsQueue({ sqs }, queueName),
    deadLetters: createSqsQueue({ sqs }, deadLetterQueueName(queueName)),
  };
}
