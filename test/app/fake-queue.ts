import type { QueueEntry, QueueSender, SendResult } from '../../src/aws/queue-interface.ts';

/** A queue in memory. */
export class FakeQueue implements QueueSender {
  /** The body of every message that was taken. */
  readonly bodies: string[] = [];
  /** How many entries each call had. */
  readonly calls: number[] = [];
  /** Run before each call; a test throws here. */
  beforeCall: ((call: number) => unknown) | undefined;
  /** Says what is wrong with an entry, if anything is. */
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

  /** Every partition that was sent, `2004/AD`, as often as it was. */
  partitions(): string[] {
    return this.bodies.map((body) => {
      const { year, initial } = JSON.parse(body);
      return `${year}/${initial}`;
    });
  }
}
