import { describe, expect, it } from 'vitest';
import { withAbortGrace } from '../../src/aws/calls.ts';
import type { AwsClients } from '../../src/aws/clients.ts';
import { createFakeClock } from '../support/fake-clock.ts';

/** A client of a service that answers when a test says so. */
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
  it('lets a call end that is under way at Ctrl-C', async () => {
    const { sqs, calls, stop } = setUp();
    const sending = sqs.send('send');
    stop();
    calls[0]?.answer('taken');
    expect(await sending).toBe('taken');
  });

  it('aborts a call that is not answered within the grace', async () => {
    const { sqs, calls, clock, stop } = setUp();
    const sending = sqs.send('send');
    const startMs = clock.now();
    stop();
    await expect(sending).rejects.toThrow('Ctrl-C');
    expect(clock.now() - startMs).toBe(5_000);
    expect(calls[0]?.signal.aborted).toBe(true);
  });

  it('gives a call that begins after Ctrl-C the same time', async () => {
    const { sqs, calls, stop } = setUp();
    stop();
    const givingBack = sqs.send('give back');
    calls[0]?.answer('given back');
    expect(await givingBack).toBe('given back');
    await expect(sqs.send('give back')).rejects.toThrow('Ctrl-C');
  });
});
