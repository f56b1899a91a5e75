import {
  CancelMessageMoveTaskCommand,
  ListMessageMoveTasksCommand,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { explainAwsError, httpStatusOf } from './errors.ts';
import type { SqsQueue } from './queue.ts';
import type { MessageMove, QueueMover } from './queue-interface.ts';

type QueueWithArn = Pick<SqsQueue, 'name' | 'arn'>;

/**
 * The answers of services that do not have the task (moto, older emulators), and of AWS to those who may not use it.
 * In both cases messages can still be received and sent one by one.
 */
const UNSUPPORTED =
  /^(UnsupportedOperation|InvalidAction|UnknownOperation|UnknownOperationException|NotImplemented|AccessDenied\w*)$/;

/** A queue has one task at a time; an earlier redrive's may still be running. */
const ALREADY_RUNNING = /already a task running/i;

/**
 * Moves a dead-letter queue's messages with SQS's own task. The destination is given explicitly: SQS does not know the
 * source of a message that a worker sent there (`CouldNotDetermineMessageSource`).
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
export function createSqsMover(
  { sqs }: { readonly sqs: Pick<SQSClient, 'send'> },
  { deadLetters, queue }: { readonly deadLetters: QueueWithArn; readonly queue: QueueWithArn },
): QueueMover {
  const subject = `the queue "${deadLetters.name}"`;
  const explain = (error: unknown, operation: string, doing = 'move') =>
    explainAwsError(error, {
      doing: `${doing} the messages of ${subject}`,
      actions: [`sqs:${operation}`],
      subject,
    });

  /** The latest task; absent when there is none, or not yet. */
  async function readLatest() {
    const SourceArn = await deadLetters.arn();
    const { Results = [] } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 1 }));
    return Results[0];
  }

  return {
    async start() {
      const [SourceArn, DestinationArn] = await Promise.all([deadLetters.arn(), queue.arn()]);
      try {
        await sqs.send(new StartMessageMoveTaskCommand({ SourceArn, DestinationArn }));
        return true;
      } catch (error) {
        if (isUnsupported(error)) return false;
        if (error instanceof Error && ALREADY_RUNNING.test(error.message)) return true;
        throw explain(error, 'StartMessageMoveTask');
      }
    },

    async read() {
      try {
        const task = await readLatest();
        // A task is listed some time after its start.
        if (task === undefined) return { state: 'running', moved: 0 };
        const { Status, ApproximateNumberOfMessagesMoved: moved = 0, FailureReason } = task;
        const reason = Status === 'CANCELLED' ? 'it was cancelled' : FailureReason;
        return { state: stateOf(Status), moved, ...(reason !== undefined && { reason }) };
      } catch (error) {
        throw explain(error, 'ListMessageMoveTasks');
      }
    },

    async stop() {
      try {
        const { TaskHandle, ApproximateNumberOfMessagesMoved: seen = 0 } = (await readLatest()) ?? {};
        // Only a running task has a handle.
        if (TaskHandle === undefined) return seen;
        const answer = await sqs.send(new CancelMessageMoveTaskCommand({ TaskHandle }));
        return answer.ApproximateNumberOfMessagesMoved ?? seen;
      } catch (error) {
        throw explain(error, 'CancelMessageMoveTask', 'stop moving');
      }
    },
  };
}

function stateOf(status: string | undefined): MessageMove['state'] {
  if (status === 'RUNNING' || status === 'CANCELLING') return 'running';
  return status === 'COMPLETED' ? 'done' : 'failed';
}

function isUnsupported(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  // moto answers with an HTML page, in which the SDK finds no name.
  return UNSUPPORTED.test(error.name) || error.name === 'SyntaxError' || httpStatusOf(error) === 501;
}
