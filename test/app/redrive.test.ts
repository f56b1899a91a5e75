import { beforeEach, describe, expect, it } from 'vitest';
import { listDeadLetters } from '../../src/app/dead-letters.ts';
import { planRedrive, redrive } from '../../src/app/redrive.ts';
import type { QueueDepths, QueueEntry, ReceivedMessage } from '../../src/aws/queue-interface.ts';
import { CancelledError } from '../../src/errors.ts';
import { createFakeClock } from '../support/fake-clock.ts';

/** A queue and its dead-letter queue in memory, with visibility timeouts. Tests can interrupt any call. */
class TwoQueues {
  readonly dead = new Map<string, { body: string; hiddenUntil: number }>();
  readonly live: string[] = [];
  readonly clock = createFakeClock();
  /** The names of all calls, in order. */
  readonly calls: string[] = [];
  /** Makes this call throw, before or after it takes effect. */
  interruption: { readonly call: number; readonly when: 'before' | 'after' } | undefined;

  constructor(count: number) {
    for (let n = 0; n < count; n += 1) {
      this.dead.set(`m${n}`, { body: JSON.stringify({ year: 2000 + n, initial: 'AD' }), hiddenUntil: 0 });
    }
  }

  #visible() {
    return [...this.dead].filter(([, { hiddenUntil }]) => hiddenUntil <= this.clock.now());
  }

  async #call<Answer>(name: string, run: () => Answer): Promise<Answer> {
    await Promise.resolve();
    this.calls.push(name);
    const isInterrupted = this.interruption?.call === this.calls.length;
    if (isInterrupted && this.interruption?.when === 'before') throw new Error('interrupted');
    const answer = run();
    if (isInterrupted) throw new Error('interrupted');
    return answer;
  }

  readDepths = async (): Promise<QueueDepths> => ({
    waiting: this.#visible().length,
    inFlight: this.dead.size - this.#visible().length,
    delayed: 0,
    retentionSeconds: 1_209_600,
  });

  receive = (seconds: number): Promise<ReceivedMessage[]> =>
    this.#call('receive', () => {
      const now = this.clock.now();
      const visible = this.#visible().slice(0, 10);
      for (const [, message] of visible) message.hiddenUntil = now + seconds * 1_000;
      return visible.map(([id, { body }]) => {
        const { year, initial } = JSON.parse(body);
        return { id, receipt: id, body, sentAtMs: now, receives: 1, partition: { year, initial } };
      });
    });

  makeVisible = (receipts: readonly string[]): Promise<void> =>
    this.#call('makeVisible', () => {
      for (const receipt of receipts) {
        const message = this.dead.get(receipt);
        if (message) message.hiddenUntil = 0;
      }
    });

  delete = (receipts: readonly string[]): Promise<string[]> =>
    this.#call('delete', () => {
      for (const receipt of receipts) this.dead.delete(receipt);
      return [];
    });

  sendBatch = (entries: readonly QueueEntry[]) =>
    this.#call('send', () => {
      this.live.push(...entries.map(({ body }) => body));
      return { accepted: entries.map(({ id }) => id), failed: [] };
    });

  get deps() {
    const noTask = () => Promise.reject(new Error('no task'));
    const mover = { start: async () => false, read: noTask, stop: noTask };
    return { deadLetters: this, queue: this, mover, clock: this.clock };
  }

  /** All messages in both queues. */
  everywhere(): Set<string> {
    return new Set([...this.live, ...[...this.dead.values()].map(({ body }) => body)]);
  }
}

describe('redrive', () => {
  let queues: TwoQueues;
  beforeEach(() => {
    queues = new TwoQueues(25);
  });

  it('sends each message before it deletes it', async () => {
    await redrive(queues.deps);
    expect(queues.calls.filter((name) => name !== 'receive')).toEqual([
      ...['send', 'delete'],
      ...['send', 'delete'],
      ...['send', 'delete'],
    ]);
    expect([queues.live.length, queues.dead.size]).toEqual([25, 0]);
  });

  it.each(
    Array.from({ length: 10 }, (_, n) => n + 1).flatMap((call) => [
      { call, when: 'before' as const },
      { call, when: 'after' as const },
    ]),
  )(
    'interrupted $when call $call of ten, loses no messages, and the next run completes the work',
    async (interruption) => {
      queues.interruption = interruption;
      await expect(redrive(queues.deps)).rejects.toThrow('interrupted');
      expect(queues.everywhere().size).toBe(25);
      queues.interruption = undefined;
      queues.clock.advance(60_000); // Hidden messages become visible again.
      await redrive(queues.deps);
      expect(queues.dead.size).toBe(0);
      expect(new Set(queues.live).size).toBe(25);
      expect(queues.live.length).toBeLessThanOrEqual(35);
    },
  );

  it('makes the messages that it does not return to the queue visible again', async () => {
    const { moved } = await redrive(queues.deps, { choose: ({ id }) => id === 'm3' });
    expect(moved).toBe(1);
    expect(queues.dead.size).toBe(24);
    expect([...queues.dead.values()].every(({ hiddenUntil }) => hiddenUntil === 0)).toBe(true);
  });

  it('stops between two batches when it is aborted', async () => {
    const ending = new AbortController();
    const onProgress = () => ending.abort(new Error('cancelled'));
    await expect(redrive(queues.deps, { signal: ending.signal, onProgress })).rejects.toThrow('cancelled');
    expect([queues.live.length, queues.dead.size]).toEqual([10, 15]);
  });

  it('distinguishes messages that SQS did not accept from those that it did not delete', async () => {
    queues = new TwoQueues(3);
    const deadLetters = {
      readDepths: queues.readDepths,
      receive: queues.receive,
      makeVisible: queues.makeVisible,
      delete: async (receipts: readonly string[]) => receipts.filter((receipt) => receipt === 'm1'),
    };
    const queue = {
      sendBatch: async (entries: readonly QueueEntry[]) => {
        const [first, ...others] = entries.map(({ id }) => id);
        return {
          accepted: others,
          failed: [{ id: first ?? '', reason: 'InternalError', senderFault: false }],
        };
      },
    };
    expect(await redrive({ ...queues.deps, deadLetters, queue })).toEqual({
      moved: 2,
      left: 1,
      undeleted: 1,
      by: 'messages',
    });
  });

  it('reports a move task that SQS has stopped', async () => {
    const mover = {
      start: async () => true,
      read: async () => ({ state: 'failed' as const, moved: 4, reason: 'AccessDenied' }),
      stop: async () => 4,
    };
    await expect(redrive({ ...queues.deps, mover })).rejects.toThrow(
      'SQS stopped moving the dead letters after 4 messages (AccessDenied)',
    );
  });
});

describe("a cancelled redrive with SQS's move task", () => {
  const cancel = (stop: () => Promise<number>) => {
    const ending = new AbortController();
    const mover = {
      start: async () => true,
      read: async () => ({ state: 'running' as const, moved: 3 }),
      stop,
    };
    const onProgress = () => ending.abort(new CancelledError('Cancelled.'));
    return redrive({ ...new TwoQueues(9).deps, mover }, { signal: ending.signal, onProgress });
  };

  it('cancels the move task', async () => {
    await expect(cancel(async () => 5)).rejects.toThrow(
      new CancelledError(
        'Cancelled: SQS stopped after about 5 messages; the others stay in the dead-letter queue.',
      ),
    );
  });

  it('reports that SQS may move more messages when the task cannot be cancelled, such as because it has ended', async () => {
    await expect(cancel(() => Promise.reject(new Error('AWS rejected it.')))).rejects.toThrow(
      'Cancelled, but SQS may have moved more dead letters and may still be moving them: run "tdd redrive" to list those that are left. AWS rejected it.',
    );
  });
});

describe('planRedrive', () => {
  it('does not choose messages that cannot be read, and says why they cannot', async () => {
    const queues = new TwoQueues(2);
    const receive = async (seconds: number) => {
      const [first, second] = await queues.receive(seconds);
      if (first === undefined || second === undefined) return [];
      const { partition: _, ...unreadable } = second;
      return [first, { ...unreadable, body: `{"year": 2021, "initial": "\u001b${'x'.repeat(200)}"}` }];
    };
    const deadLetters = {
      ...{ receive, readDepths: queues.readDepths },
      ...{ makeVisible: queues.makeVisible, delete: queues.delete },
    };
    const plan = await planRedrive({ deadLetters, clock: queues.clock });
    expect(plan).toMatchObject({ chosen: new Set(['m0']), isAll: false, unreadable: 1 });
    const unreadable = plan.letters.find(({ id }) => id === 'm1');
    expect(unreadable?.reason).toMatch(/^The message has an invalid "initial"|^The message is not JSON/);
    expect(unreadable?.excerpt).toMatch(/^\{"year": 2021.{60,70}…$/);
    expect(plan.letters.find(({ id }) => id === 'm0')).not.toHaveProperty('excerpt');
  });
});

describe('listDeadLetters', () => {
  it.each([1, 2, 3, 4])('interrupted at call %i, leaves every message in the queue', async (call) => {
    const queues = new TwoQueues(25);
    queues.interruption = { call, when: 'after' };
    await expect(listDeadLetters(queues.deps)).rejects.toThrow('interrupted');
    queues.interruption = undefined;
    queues.clock.advance(60_000);
    expect((await listDeadLetters(queues.deps)).letters).toHaveLength(25);
    expect([...queues.dead.values()].every(({ hiddenUntil }) => hiddenUntil === 0)).toBe(true);
  });

  it('reports messages hidden by another listing, without those that it hides itself', async () => {
    const queues = new TwoQueues(25);
    await queues.receive(60);
    expect(await listDeadLetters(queues.deps)).toMatchObject({ letters: { length: 15 }, hidden: 10 });
    queues.clock.advance(60_000);
    expect(await listDeadLetters(queues.deps)).toMatchObject({ letters: { length: 25 }, hidden: 0 });
  });

  it('omits the old reason of a message that was returned to the queue and whose worker then crashed', async () => {
    const queues = new TwoQueues(2);
    const { clock } = queues;
    const minutesAgo = (minutes: number) => new Date(clock.now() - minutes * 60_000).toISOString();
    const receive = async (seconds: number) => {
      const taken = await queues.receive(seconds);
      // A message that SQS has moved keeps its attributes.
      return taken.map((message, n) => ({ ...message, reason: 'S3 refused it.', at: minutesAgo(n * 90) }));
    };
    const deadLetters = {
      readDepths: queues.readDepths,
      receive,
      makeVisible: queues.makeVisible,
      delete: queues.delete,
    };
    const { letters } = await listDeadLetters({ deadLetters, clock });
    expect(letters.find(({ id }) => id === 'm0')).toMatchObject({ reason: 'S3 refused it.' });
    expect(letters.find(({ id }) => id === 'm1')).not.toHaveProperty('reason');
    expect(letters.find(({ id }) => id === 'm1')?.since).toBe(new Date(clock.now()).toISOString());
  });
});
