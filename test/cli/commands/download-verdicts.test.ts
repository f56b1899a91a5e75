import { readdir } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import type { FaultKind } from '../../../sandbox/tmdb/faults.ts';
import { NOTHING_WRONG } from '../../../sandbox/verify-lake.ts';
import { createFastClock } from '../../support/fast-clock.ts';
import { startStandIns } from '../../support/stand-ins.ts';

const { tmdb, inCwd, tdd, verify: verifyPartitions } = await startStandIns({ titles: 160, years: [2021] });
const TITLES = /\/3\/(?:movie|find)\/tt/;
const EVERYTHING = /^\/3\//;

const download = ({ baseUrl = tmdb.url } = {}) =>
  tdd('download --year 2021 --initial TH --to lake --json', {
    clock: createFastClock(200),
    env: { TMDB_BASE_URL: baseUrl },
  });
const verify = () => verifyPartitions({ year: 2021, initial: 'TH' });

/** Statuses and JSON that end in a permanent conclusion only if TMDB itself sent them. */
const FROM_OTHERS: FaultKind[] = ['html 401', 'html 403', 'html 404', 'gateway 401', 'gateway 404'];

describe('tdd download retries an answer that is not from TMDB, or not confirmed', () => {
  it.each<FaultKind>([...FROM_OTHERS, '401', '403'])('%s, a few times', async (kind) => {
    tmdb.setFaults({ rules: [{ kind, path: TITLES, after: 2, times: 3 }] });
    const { stdout, stderr, exitCode } = await download();
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(JSON.parse(stdout).partitions[0]).toMatchObject({ complete: true, thisRun: { failed: 0 } });
    expect(await verify()).toMatchObject(NOTHING_WRONG);
  });

  it.each(FROM_OTHERS)('%s for everything, which ends the run and marks no title', async (kind) => {
    tmdb.setFaults({ rules: [{ kind, path: EVERYTHING }] });
    const { stderr, exitCode } = await download();
    expect(stderr).toMatch(
      /\ntdd: TMDB at \S+ is not responding \(last error: 40\d, not from TMDB\)\. [^\n]*\n$/,
    );
    expect(exitCode).toBe(1);
    tmdb.setFaults({});
    expect(JSON.parse((await download()).stdout).partitions[0]).toMatchObject({ skipped: 0, complete: true });
    expect(await verify()).toMatchObject(NOTHING_WRONG);
  });
});

describe('tdd download stops at a rejected key', () => {
  it('that TMDB confirms, after one confirmation for all requests in flight', async () => {
    tmdb.setFaults({ rules: [{ kind: '401', path: EVERYTHING, after: 5 }] });
    const { stderr, exitCode } = await download();
    expect(stderr).toMatch(/\ntdd: TMDB rejected the API key: 401 \(code 7\)/);
    expect(exitCode).toBe(2);
    // The first one checked the key at the start.
    expect(tmdb.stats().byPath['/3/authentication']).toBe(2);
  });

  it('but not while the confirmation cannot be reached', async () => {
    tmdb.setFaults({
      rules: [
        { kind: '401', path: TITLES },
        { kind: 'html 502', path: '/3/authentication', after: 1 },
      ],
    });
    const { stderr, exitCode } = await download();
    expect(stderr).toMatch(/failed|not responding/);
    expect(stderr).not.toContain('rejected');
    expect(exitCode).toBe(1);
  });
});

describe('tdd download stops at a wrong base URL, with exit code 2', () => {
  it.each(['/4', '/3/movie', '/3/3'])('that ends in %s', async (path) => {
    const { stderr, exitCode } = await download({ baseUrl: `${tmdb.url}${path}` });
    expect(stderr).toBe(
      `tdd: TMDB_BASE_URL ([TMDB] BASE_URL) must be the base URL of TMDB's API, such as https://api.themoviedb.org (got "${tmdb.url}${path.replace(/\/3$/, '')}", where /3/authentication does not exist).\n`,
    );
    expect(exitCode).toBe(2);
    expect(await readdir(inCwd())).toEqual([]);
  });

  it('at the first title, if the check of the key was not answered', async () => {
    tmdb.setFaults({ rules: [{ kind: 'html 502', path: /authentication/, times: 1 }] });
    const { stderr, exitCode } = await download({ baseUrl: `${tmdb.url}/4` });
    expect(stderr).toMatch(/\ntdd: TMDB_BASE_URL \(\[TMDB\] BASE_URL\) must be the base URL of TMDB's API/);
    expect(exitCode).toBe(2);
  });

  it.each(['/3', '/3/'])('but accepts one that ends in %s', async (path) => {
    const { exitCode } = await download({ baseUrl: `${tmdb.url}${path}` });
    expect(exitCode).toBe(0);
    expect(await verify()).toMatchObject(NOTHING_WRONG);
  });
});
