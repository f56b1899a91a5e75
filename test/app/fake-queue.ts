import type { QueueEntry, QueueSender, SendResult } from '../../src/aws/queue-interface.ts';

/** A queue in memory. */
export class FakeQueue implements QueueSender {
  /** The bodies of all accepted messages. */
  readonly bodies: string[] = [];
  /** The number of entries of each call. */
  readonly calls: number[] = [];
  /** Runs before each call. Tests throw here to make a call fail. */
  beforeCall: ((call: number) => unknown) | undefined;
  /** Returns the failure of an entry, or `undefined` to accept it. */
  judge: ((entry: QueueEntry, call: number) => SendResult['failed'][number] | undefined) | undefined;

  async sendBatch(entries: readonly QueueEntry[]): Promise<SendResult> {
    await Promise.resolve();
    this.calls.push(entries.length);
    const call = this.calls.length;
    await this.beforeCall?.(call);
    const failed = entries.flatMap((entry) => this.judge?.(entry, call) ?? []);
    const accepted = entries.filter(({ id }) => !failed.some((entry) => entry.id === id));
    this.bodies.push(...accepted.map(({ body }) => body));
    return { accepted: accepted.map(({ id }) => id), failed };
  }

  /** All sent partitions, such as `2004/AD`, including repeats. */
  partitions(): string[] {
    return this.bodies.map((body) => {
      const { year, initial } = JSON.parse(body);
      return `${year}/${initial}`;
    });
  }
}
