import type { QueueStore } from './fauxqs-store.ts';

/**
 * Lets time pass for all messages at once: visibility time-outs and delays are over so much earlier, and each
 * message is so much older. What else waits in the sandbox waits on.
 */
export function passTime(store: QueueStore, milliseconds: number): void {
  for (const { messages, delayedMessages, inflightMessages } of store.queues.values()) {
    for (const message of delayedMessages) {
      if (message.delayUntil !== undefined) message.delayUntil -= milliseconds;
    }
    for (const entry of inflightMessages.values()) entry.visibilityDeadline -= milliseconds;
    const inFlight = [...inflightMessages.values()].map(({ message }) => message);
    for (const message of [...messages, ...delayedMessages, ...inFlight]) {
      message.sentTimestamp -= milliseconds;
      if (message.approximateFirstReceiveTimestamp !== undefined) {
        message.approximateFirstReceiveTimestamp -= milliseconds;
      }
    }
  }
  store.processAllTimers();
}
