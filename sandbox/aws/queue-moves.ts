import { randomUUID } from 'node:crypto';
import { type AwsAnswer, AwsError } from './aws-call.ts';
import type { QueueStore } from './fauxqs-store.ts';

interface MoveTask {
  readonly SourceArn: string;
  readonly DestinationArn?: string | undefined;
  readonly Status: 'COMPLETED' | 'FAILED';
  readonly ApproximateNumberOfMessagesMoved: number;
  readonly ApproximateNumberOfMessagesToMove: number;
  readonly FailureReason?: string | undefined;
  readonly StartedTimestamp: number;
}

/**
 * StartMessageMoveTask and ListMessageMoveTasks, which fauxqs does not have. A task ends within its call, so there
 * is never one to cancel.
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
export function createMoveTasks(store: QueueStore, now: () => number) {
  const tasks: MoveTask[] = [];

  function start(sourceArn: string, destinationArn: string | undefined): AwsAnswer {
    const source = store.getQueueByArn(sourceArn);
    const isDeadLetterQueue = [...store.queues.values()].some((queue) =>
      queue.attributes.RedrivePolicy?.includes(`"${sourceArn}"`),
    );
    if (!source || (destinationArn !== undefined && !store.getQueueByArn(destinationArn))) {
      throw new AwsError(
        404,
        'ResourceNotFoundException',
        'The resource that you specified for the SourceArn or DestinationArn parameter does not exist.',
      );
    }
    if (!isDeadLetterQueue) {
      throw new AwsError(
        400,
        'InvalidParameterValue',
        'Source queue must be configured as a Dead Letter Queue.',
      );
    }
    const waiting = source.messages.splice(0);
    let moved = 0;
    for (const message of waiting) {
      // A message that was sent here, not redriven, has no queue to go back to.
      const target = store.getQueueByArn(destinationArn ?? message.deadLetterSourceArn ?? '');
      if (!target) {
        source.messages.push(message);
        continue;
      }
      // A moved message is a new one: its receives and its age begin again.
      const {
        deadLetterSourceArn: _source,
        firstQueueArn: _first,
        approximateFirstReceiveTimestamp: _received,
        ...fresh
      } = message;
      target.enqueue({ ...fresh, messageId: randomUUID(), approximateReceiveCount: 0, sentTimestamp: now() });
      moved += 1;
    }
    const isWhole = moved === waiting.length;
    tasks.unshift({
      SourceArn: sourceArn,
      DestinationArn: destinationArn,
      Status: isWhole ? 'COMPLETED' : 'FAILED',
      ApproximateNumberOfMessagesMoved: moved,
      ApproximateNumberOfMessagesToMove: waiting.length,
      FailureReason: isWhole ? undefined : 'CouldNotDetermineMessageSource',
      StartedTimestamp: now(),
    });
    return { status: 200, body: JSON.stringify({ TaskHandle: randomUUID() }) };
  }

  return {
    /** @returns `undefined` for another action. */
    handle(action: string, input: Record<string, unknown>): AwsAnswer | undefined {
      if (action === 'StartMessageMoveTask') {
        const destination = input.DestinationArn;
        return start(String(input.SourceArn), typeof destination === 'string' ? destination : undefined);
      }
      if (action !== 'ListMessageMoveTasks') return undefined;
      const Results = tasks.filter((task) => task.SourceArn === input.SourceArn);
      return {
        status: 200,
        body: JSON.stringify({ Results: Results.slice(0, Number(input.MaxResults ?? 1)) }),
      };
    },
  };
}
