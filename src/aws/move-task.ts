import {
  CancelMessageMoveTaskCommand,
  ListMessageMoveTasksCommand,
  type ListMessageMoveTasksResultEntry as MessageMoveTask,
  type SQSClient,
  StartMessageMoveTaskCommand,
} from '@aws-sdk/client-sqs';
import { explainAwsError, httpStatusOf } from './errors.ts';
import type { SqsQueue } from './queue.ts';
import type { MessageMove, QueueMover } from './queue-interface.ts';

type QueueWithArn = Pick<SqsQueue, 'name' | 'arn'>;

/**
 * The errors of services that do not support move tasks (moto, older emulators), and of AWS when the caller lacks the
 * permission. In both cases messages can still be received and sent one by one.
 */
const UNSUPPORTED =
  /^(UnsupportedOperation|InvalidAction|UnknownOperation|UnknownOperationException|NotImplemented|AccessDenied\w*)$/;

/** A queue can have only one active task. One of an earlier redrive may still be running. */
const ALREADY_RUNNING = /already a task running/i;

/**
 * Moves a dead-letter queue's messages with SQS's message move task. The destination must be explicit: SQS does not
 * know the source queue of a message that a worker sent to the dead-letter queue (`CouldNotDetermineMessageSource`).
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

  /** The handle of the task that `start` has started; absent if it has joined one. */
  let handle: string | undefined;
  /** When the latest task before that one was started, in milliseconds since the epoch. */
  let earlierMs: number | undefined;

  async function readLatest() {
    const SourceArn = await deadLetters.arn();
    const { Results = [] } = await sqs.send(new ListMessageMoveTasksCommand({ SourceArn, MaxResults: 1 }));
    return Results[0];
  }

  /**
   * The started or joined task. SQS lists a task only some time after its start (eventual consistency), so the latest one may
   * be that of an earlier redrive. @returns `undefined` when SQS does not list it yet.
   */
  async function readOwn() {
    const latest = await readLatest();
    return earlierMs !== undefined && latest?.StartedTimestamp === earlierMs ? undefined : latest;
  }

  return {
    async start() {
      const [SourceArn, DestinationArn] = await Promise.all([deadLetters.arn(), queue.arn()]);
      handle = undefined;
      let latest: MessageMoveTask | undefined;
      try {
        latest = await readLatest();
        earlierMs = latest?.StartedTimestamp;
        handle = (await sqs.send(new StartMessageMoveTaskCommand({ SourceArn, DestinationArn }))).TaskHandle;
        return true;
      } catch (error) {
        if (isUnsupported(error)) return false;
        if (!(error instanceof Error && ALREADY_RUNNING.test(error.message)))
          throw explain(error, 'StartMessageMoveTask');
        if (stateOf(latest?.Status) === 'running') earlierMs = undefined;
        return true;
      }
    },

    async read() {
      try {
        const task = await readOwn();
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
        // Of listed tasks, only running ones have a handle.
        const { TaskHandle, ApproximateNumberOfMessagesMoved: seen = 0 }: MessageMoveTask =
          (await readOwn()) ?? { TaskHandle: handle };
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
  // moto answers with an HTML page, which the SDK cannot parse.
  return UNSUPPORTED.test(error.name) || error.name === 'SyntaxError' || httpStatusOf(error) === 501;
}
