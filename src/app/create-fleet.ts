import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { SQSClient } from '@aws-sdk/client-sqs';
import { createFleetWorkers, type FleetWorkers } from '../aws/event-source.ts';
import { createSqsMover } from '../aws/move-task.ts';
import { createSqsQueue, type SqsQueue } from '../aws/queue.ts';
import type { QueueMover } from '../aws/queue-interface.ts';
import type { Settings } from '../config/settings.ts';
import { deadLetterQueueName } from '../worker-contract.ts';

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
  const deadLetters = createSqsQueue({ sqs }, deadLetterQueueName(queueName));
  return {
    queue,
    deadLetters,
    mover: createSqsMover({ sqs }, { deadLetters, queue }),
    workers: createFleetWorkers({ lambda }, { functionName: lambdaName, queueName }),
  };
}
