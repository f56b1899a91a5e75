import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SQSClient } from '@aws-sdk/client-sqs';
import type { Settings } from '../config/settings.ts';
import type { QueueMover } from '../fleet/queue.ts';
import { createSqsMover } from '../fleet/sqs-mover.ts';
import { createSqsQueue, type SqsQueue } from '../fleet/sqs-queue.ts';
import { createFleetWorkers, type FleetWorkers } from '../fleet/workers.ts';

/** What of a fleet is on AWS, beside its lake. */
export interface FleetServices {
  readonly queue: SqsQueue;
  readonly deadLetters: SqsQueue;
  readonly mover: QueueMover;
  readonly workers: FleetWorkers;
}

/** The queues and workers that the settings name; nothing is asked yet. */
export function createFleet(
  { sqs, lambda }: { readonly sqs: Pick<SQSClient, 'send'>; readonly lambda: Pick<LambdaClient, 'send'> },
  { queueName, lambdaName }: Pick<Settings, 'queueName' | 'lambdaName'>,
): FleetServices {
  const queue = createSqsQueue({ sqs }, queueName);
  const deadLetters = createSqsQueue({ sqs }, `${queueName}-dlq`);
  return {
    queue,
    deadLetters,
    mover: createSqsMover({ sqs }, { deadLetters, queue }),
    workers: createFleetWorkers({ lambda }, { functionName: lambdaName, queueName }),
  };
}
