import { randomUUID } from 'node:crypto';
import { AwsError } from './aws-call.ts';
import type { QueueStore } from './queue-store.ts';

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
 * StartMessageMoveTask and ListMessageMoveTasks. A task is complete when its call returns, so it can never be cancelled; the
 * first listing after that does not include it yet (eventual consistency).
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_StartMessageMoveTask.html
 */
export function createMoveTasks(store: QueueStore, now: () => number) {
  const tasks: MoveTask[] = [];
  const unlisted = new Set<MoveTask>();

  return {
    start(sourceArn: string, destinationArn: string | undefined): { TaskHandle: string } {
      const source = store.get(sourceArn);
      if (!source || (destinationArn !== undefined && !store.has(destinationArn))) {
        throw new AwsError(
          404,
          'ResourceNotFoundException',
          'The resource that you specified for the SourceArn or DestinationArn parameter does not exist.',
        );
      }
      const isDeadLetterQueue = [...store.values()].some(({ attributes }) =>
        attributes.RedrivePolicy?.includes(`"${sourceArn}"`),
      );
      if (!isDeadLetterQueue) {
        throw new AwsError(
          400,
          'InvalidParameterValue',
          'Source queue must be configured as a Dead Letter Queue.',
        );
      }
      const waiting = source.messages.filter(({ visibleAt }) => visibleAt <= now());
      let moved = 0;
      for (const message of waiting) {
        // A message that was sent here directly has no source queue.
        const target = store.get(destinationArn ?? message.deadLetterSourceArn ?? '');
        if (!target) continue;
        source.messages.splice(source.messages.indexOf(message), 1);
        // A moved message counts as new: its receive count and age are reset.
        const { body, messageAttributes } = message;
        const times = { sentAt: now(), visibleAt: now(), receiveCount: 0 };
        target.messages.push({ messageId: randomUUID(), body, messageAttributes, ...times });
        moved += 1;
      }
      const isWhole = moved === waiting.length;
      const task: MoveTask = {
        SourceArn: sourceArn,
        DestinationArn: destinationArn,
        Status: isWhole ? 'COMPLETED' : 'FAILED',
        ApproximateNumberOfMessagesMoved: moved,
        ApproximateNumberOfMessagesToMove: waiting.length,
        FailureReason: isWhole ? undefined : 'CouldNotDetermineMessageSource',
        StartedTimestamp: now(),
      };
      tasks.unshift(task);
      unlisted.add(task);
      return { TaskHandle: randomUUID() };
    },

    list(sourceArn: string, max = 1): { Results: readonly MoveTask[] } {
      const own = tasks.filter((task) => task.SourceArn === sourceArn);
      const listed = own.filter((task) => !unlisted.has(task));
      for (const task of own) unlisted.delete(task);
      return { Results: listed.slice(0, max) };
    },
  };
}
