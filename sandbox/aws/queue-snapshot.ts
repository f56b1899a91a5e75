import type { QueueStore, StoredMessage, StoredQueue } from './fauxqs-store.ts';
import { storeUrl } from './queue-urls.ts';

/** A queue put down as JSON. */
export interface QueueSnapshot {
  readonly name: string;
  readonly arn: string;
  readonly attributes: Record<string, string>;
  readonly tags: Record<string, string>;
  readonly messages: readonly StoredMessage[];
  readonly inFlight: readonly { readonly message: StoredMessage; readonly visibleAt: number }[];
}

export function putDown(queue: StoredQueue): QueueSnapshot {
  return {
    name: queue.name,
    arn: queue.arn,
    attributes: queue.attributes,
    tags: Object.fromEntries(queue.tags),
    messages: [...queue.messages, ...queue.delayedMessages],
    inFlight: [...queue.inflightMessages.values()].map(({ message, visibilityDeadline }) => ({
      message,
      visibleAt: visibilityDeadline,
    })),
  };
}

/** Makes the queue again. Who had a message in flight cannot delete it any more: it shows again at its time. */
export function takeUp(
  store: QueueStore,
  { name, arn, attributes, tags, messages, inFlight }: QueueSnapshot,
): void {
  const url = storeUrl(name, arn.split(':')[3] ?? '');
  const queue = store.createQueue(name, url, arn, attributes, tags);
  for (const message of messages) queue.enqueue(message);
  for (const { message, visibleAt } of inFlight) {
    queue.inflightMessages.set(`restored-${message.messageId}`, {
      message,
      visibilityDeadline: visibleAt,
    });
  }
}
