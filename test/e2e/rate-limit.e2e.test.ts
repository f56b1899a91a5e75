import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NOTHING_WRONG } from '../../sandbox/verify-lake.ts';
import type { LaunchResult } from '../../src/cli/format-launch.ts';
import { type OpenSandbox, openSandbox } from './open-sandbox.ts';

const REQUESTS_PER_SECOND = 80;

describe('a fleet whose TMDB limits the rate and fails 5 % of the requests', () => {
  let sandbox: OpenSandbox;
  beforeAll(async () => {
    sandbox = await openSandbox({
      titles: 500,
      years: [2021],
      faultRate: 0.05,
      requestsPerSecond: REQUESTS_PER_SECOND,
    });
    sandbox.env.TMDB_REQUESTS_PER_SECOND = String(REQUESTS_PER_SECOND);
    await sandbox.tddJson('deploy', '--yes');
  });
  afterAll(() => sandbox.stop());

  test('completes every partition without losing a title, with the forecast number of requests', async () => {
    const { estimate } = await sandbox.tddJson<LaunchResult>('launch', '--min-year', '1900', '--yes');
    const { fleet, advice } = await sandbox.untilComplete();
    expect(fleet?.movies).toMatchObject({
      total: sandbox.catalogue.expectedTitles().size,
      failed: 0,
      left: 0,
    });
    expect(advice).toEqual([]);
    expect(await sandbox.verify()).toMatchObject(NOTHING_WRONG);

    const { requests, byFault } = sandbox.tmdb.stats();
    expect(Object.keys(byFault).length).toBeGreaterThan(5);
    expect(Math.abs(estimate.requests / requests.length - 1)).toBeLessThan(0.1);
  });
});
