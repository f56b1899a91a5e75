import { expect, it } from 'vitest';
import { MAX_RECEIVE_COUNT } from '../../src/worker-contract.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { body, createWorkerHarness, makeTitles } from './worker-harness.ts';

/** A message on the queue, and how often it was received. */
interface Message {
  readonly initial: string;
  receives: number;
}

const POISON = 'BE';
const INITIALS = ['BA', 'BB', 'BC', 'BD', POISON, 'BF', 'BG', 'BH', 'BI', 'BJ', 'BK', 'BL'];

/**
 * Starts a worker's process, which ends when it works on the poison message: it deletes nothing afterwards.
 * @returns the messages that are left on the queue, in the order in which they become visible again.
 */
async function runProcess(lake: MemoryLake, [delivered, ...others]: readonly Message[]): Promise<Message[]> {
  if (delivered === undefined) return [];
  const worker = createWorkerHarness();
  worker.deps = { lake };
  worker.latencyMs = 100;
  worker.waiting.push(...others.map(({ initial, receives }) => ({ body: body({ initial }), receives })));
  const crash = new Promise<void>((resolve) => {
    worker.readTitles = async ({ initial }) => {
      if (initial !== POISON) return makeTitles(3);
      await worker.clock.sleep(100); // Meanwhile, the worker begins with the others.
      worker.beforeQueueCall = () => {
        throw new Error('The process has ended.');
      };
      resolve();
      return new Promise(() => {});
    };
  });
  await Promise.race([
    worker.deliver([body({ initial: delivered.initial })], { receives: delivered.receives }),
    crash,
  ]);
  const untouched = others.slice(others.length - worker.waiting.length);
  const taken = others.slice(0, others.length - worker.waiting.length);
  for (const message of taken) message.receives += 1;
  const receipts = [delivered, ...taken].map((message, i) => ({
    message,
    receipt: i === 0 ? 'receipt-0' : `taken-${i - 1}`,
  }));
  const returned = receipts.flatMap(({ message, receipt }) =>
    worker.deleted.includes(receipt) ? [] : message,
  );
  return [...untouched, ...returned];
}

it.each([0, 4, 11])(
  'a message that crashes its worker becomes a dead letter, and no other one does (%i before it)',
  async (before) => {
    const lake = new MemoryLake();
    const others = INITIALS.filter((initial) => initial !== POISON);
    const order = [...others.slice(0, before), POISON, ...others.slice(before)];
    const all = order.map((initial): Message => ({ initial, receives: 0 }));
    const deadLetters: Message[] = [];
    let queue = all;
    while (queue[0] !== undefined) {
      // Lambda's poller receives a message, unless SQS moves it to the dead-letter queue.
      queue[0].receives += 1;
      if (queue[0].receives > MAX_RECEIVE_COUNT) deadLetters.push(...queue.splice(0, 1));
      else queue = await runProcess(lake, queue);
    }
    expect(deadLetters.map(({ initial }) => initial)).toEqual([POISON]);
    const companions = all.filter(({ initial }) => initial !== POISON);
    expect(Math.max(...companions.map(({ receives }) => receives))).toBeLessThanOrEqual(2);
    const manifests = companions.map(({ initial }) =>
      lake.text(`tmdb/manifests/year-2004/initial-${initial}.json`),
    );
    expect(manifests.filter((text) => text !== undefined && JSON.parse(text).complete)).toHaveLength(11);
  },
);
