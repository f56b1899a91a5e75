import { EventEmitter, once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { endingClients } from '../../src/cli/ending-clients.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { createFastClock } from '../support/fast-clock.ts';
import { startLoopbackServer } from '../support/loopback-server.ts';
import { runCli } from '../support/run-cli.ts';
import { stubAws } from '../support/stub-aws.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

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
  return { sqs: endingClients({ sqs }, { clock, signal: ending.signal }).sqs, calls, clock, stop };
}

describe('endingClients', () => {
  it('lets a call end that is under way at Ctrl-C', async () => {
    const { sqs, calls, stop } = setUp();
    const sending = sqs.send('send');
    stop();
    calls[0]?.answer('taken');
    expect(await sending).toBe('taken');
  });

  it('cuts off a call that is not answered some seconds later', async () => {
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

describe('Ctrl-C, while SQS and Lambda do not answer', () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    { argv: ['status'] },
    { argv: ['pause'] },
    { argv: ['simulate', '--year', '2004', '--initial', 'AD'] },
  ])('ends tdd $argv.0', async ({ argv }) => {
    const arrivals = new EventEmitter();
    const server = await startLoopbackServer((request, response) => {
      // An empty bucket is all there is.
      const isS3 = request.headers.authorization?.includes('/s3/aws4_request');
      if (isS3) response.end('<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>');
      else arrivals.emit('call');
    });
    const env = stubAws(server.url);
    try {
      const cwd = await makeTempFolder();
      const signals = new EventEmitter();
      const called = once(arrivals, 'call');
      const clock = createFastClock(20);
      const running = runCli(argv, { cwd, env: { ...env, XDG_CACHE_HOME: cwd }, signals, clock });
      await called;
      signals.emit('SIGINT');
      expect(await running).toMatchObject({ exitCode: 130, stdout: '', stderr: 'tdd: cancelled.\n' });
    } finally {
      await server.stop();
    }
  });
});
