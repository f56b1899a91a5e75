import { describe, expect, it } from 'vitest';
import { withAbortGrace } from '../../src/aws/calls.ts';
import type { AwsClients } from '../../src/aws/clients.ts';
import { createFakeClock } from '../support/fake-clock.ts';

/** A client whose calls complete when the test answers them. */
function setUp() {
  const ending = new AbortController();
  const clock = createFakeClock();
  const calls: { readonly signal: AbortSignal; readonly answer: (text: string) => void }[] = [];
  const sqs = {
    send: (_command: string, { abortSignal }: { abortSignal?: AbortSignal } = {}) =>
      new Promise<string>((answer) => {
        if (abortSignal) calls.push({ signal: abortSignal, answer });
      }),
  };
  const stop = () => ending.abort(new Error('Ctrl-C'));
  const grace = { clock, signal: ending.signal, graceMs: 5_000 };
  const clients = withAbortGrace({ sqs } as unknown as AwsClients, grace);
  return { sqs: clients.sqs as unknown as typeof sqs, calls, clock, stop };
}

describe('withAbortGrace', () => {
  it('lets a call in flight finish after Ctrl-C', async () => {
    const { sqs, calls, stop } = setUp();
    const sending = sqs.send('send');
    stop();
    calls[0]?.answer('sent');
    expect(await sending).toBe('sent');
  });

  it('lets many calls be in flight without a warning about listeners', async () => {
    const { sqs, calls } = setUp();
    const warnings: Error[] = [];
    const onWarning = (warning: Error) => void warnings.push(warning);
    process.on('warning', onWarning);
    try {
      const sending = Array.from({ length: 11 }, () => sqs.send('send'));
      for (const { answer } of calls) answer('sent');
      await Promise.all(sending);
      await new Promise(setImmediate); // Node emits warnings on the next tick.
    } finally {
      process.off('warning', onWarning);
    }
    expect(warnings).toEqual([]);
  });

  it('aborts a call that is not answered within the grace period', async () => {
    const { sqs, calls, clock, stop } = setUp();
    const sending = sqs.send('send');
    const startMs = clock.now();
    stop();
    await expect(sending).rejects.toThrow('Ctrl-C');
    expect(clock.now() - startMs).toBe(5_000);
    expect(calls[0]?.signal.aborted).toBe(true);
  });

  it('gives a call that starts after Ctrl-C the same grace period', async () => {
    const { sqs, calls, stop } = setUp();
    stop();
    const cleaningUp = sqs.send('clean up');
    calls[0]?.answer('cleaned up');
    expect(await cleaningUp).toBe('cleaned up');
    await expect(sqs.send('clean up')).rejects.toThrow('Ctrl-C');
  });
});
