import {
  ListMessageMoveTasksCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { explainAwsError } from './explain-aws-error.ts';
import type { MessageMove, QueueMover } from './queue.ts';
import type { SqsQueue } from './sqs-queue.ts';

type QueueWithArn = Pick<SqsQueue, 'name' | 'arn'>;

/**
 * What services without the task say (moto, older emulators), and what AWS says to those who may not use it: both
 * leave the way of receiving and sending.
 */
const NOT_HERE =
  /^(UnsupportedOperation|InvalidAction|UnknownOperation|UnknownOperationException|NotImplemented|AccessDenied\w*)$/;

/**
 * Moves a dead-letter queue's messages by SQS's own task. It is told where to: a message that a worker itself has
 * put there has no queue that SQS knows it came from (`CouldNotDetermineMessageSource`).
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
export function createSqsMover(
  { sqs }: { readonly sqs: Pick<SQSClient, 'send'> },
  { deadLetters, queue }: { readonly deadLetters: QueueWithArn; readonly queue: QueueWithArn },
): QueueMover {
  const doing = `move the messages of the queue "${deadLetters.name}"`;
  return {
    async start() {
      const [SourceArn, DestinationArn] = await Promise.all([deadLetters.arn(), queue.arn()]);
      try {
        await sqs.send(new StartMessageMoveTaskCommand({ SourceArn, DestinationArn }));
        return true;
      } catch (error) {
        if (isNotHere(error)) return false;
        throw explainAwsError(error, doing);
      }
    },

    async read() {
      try {
        const SourceArn = await deadLetters.arn();
        const { Results = [] } = await sqs.send(
          new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 1 }),
        );
        const { Status, ApproximateNumberOfMessagesMoved = 0, FailureReason } = Results[0] ?? {};
        return {
          state: stateOf(Status),
          moved: ApproximateNumberOfMessagesMoved,
          ...(FailureReason !== undefined && { reason: FailureReason }),
        };
      } catch (error) {
        throw explainAwsError(error, doing);
      }
    },
  };
}

function stateOf(status: string | undefined): MessageMove['state'] {
  if (status === 'RUNNING' || status === 'CANCELLING') return 'running';
  return status === 'COMPLETED' ? 'done' : 'failed';
}

function isNotHere(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { httpStatusCode } = (error as { $metadata?: { httpStatusCode?: number } }).$metadata ?? {};
  // moto answers with an HTML page, in which the SDK finds no name.
  return NOT_HERE.test(error.name) || error.name === 'SyntaxError' || httpStatusCode === 501;
}
