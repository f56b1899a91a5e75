import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type OpenSandbox, openSandbox, until } from './open-sandbox.ts';

const REQUESTS_PER_SECOND = 20;
const WINDOW_SECONDS = 5;

describe('a fleet of large partitions', () => {
  let sandbox: OpenSandbox;
  beforeAll(async () => {
    sandbox = await openSandbox({ titles: 800, years: [2021] });
    sandbox.env.TMDB_REQUESTS_PER_SECOND = String(REQUESTS_PER_SECOND);
    await sandbox.tddJson('deploy', '--yes', '--workers', '2');
    await sandbox.tddJson('launch', '--min-year', '1900', '--yes');
  });
  afterAll(() => sandbox.stop());

  test('stays within its rate budget while workers are added', async () => {
    await until(() => asked(sandbox).length > 2 * REQUESTS_PER_SECOND);
    const { exitCode, stderr } = await sandbox.tdd('deploy', '--yes', '--workers', '6');
    expect(exitCode).toBe(0);
    expect(stderr).toContain('event source: wait for running workers (at most 5 minutes)');
    const before = asked(sandbox).length;
    await until(() => asked(sandbox).length > before + 5 * REQUESTS_PER_SECOND);
    // One second's budget more than allowed, because workers catch up after stalls.
    const most = REQUESTS_PER_SECOND * (WINDOW_SECONDS + 1);
    expect(mostWithin(asked(sandbox), WINDOW_SECONDS * 1000)).toBeLessThan(most);
    expect((await sandbox.status()).phase).toBe('running');
  });
});

/** Returns the time of each request that a worker has sent. */
function asked({ tmdb }: OpenSandbox): number[] {
  const { requests } = tmdb.stats();
  return requests.flatMap(({ path, atMs }) => (path === '/3/authentication' ? [] : [atMs]));
}

/** Returns the maximum number of requests within any window of this length. */
function mostWithin(times: readonly number[], lengthMs: number): number {
  const counts = times.map((from) => times.filter((at) => at >= from && at < from + lengthMs).length);
  return Math.max(...counts);
}
