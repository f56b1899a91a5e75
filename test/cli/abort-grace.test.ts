import { EventEmitter, once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createFastClock } from '../support/fast-clock.ts';
import { startLoopbackServer } from '../support/loopback-server.ts';
import { runCli } from '../support/run-cli.ts';
import { stubAws } from '../support/stub-aws.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

describe('Ctrl-C while SQS and Lambda do not respond', () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    { argv: ['status'] },
    { argv: ['pause'] },
    { argv: ['simulate', '--year', '2004', '--initial', 'AD'] },
  ])('ends tdd $argv.0', async ({ argv }) => {
    const arrivals = new EventEmitter();
    const server = await startLoopbackServer((request, response) => {
      // S3 responds as an empty bucket; other services never respond.
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
      expect(await running).toMatchObject({ exitCode: 130, stdout: '', stderr: 'tdd: Cancelled.\n' });
    } finally {
      await server.stop();
    }
  });
});
