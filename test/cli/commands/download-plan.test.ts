import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SANDBOX_API_KEY } from '../../../sandbox/tmdb/keys.ts';
import { NOTHING_WRONG } from '../../../sandbox/verify-lake.ts';
import { joinRateBudget } from '../../../src/app/share-rate.ts';
import { partitionName } from '../../../src/partition.ts';
import { createFakeClock } from '../../support/fake-clock.ts';
import { createFastClock } from '../../support/fast-clock.ts';
import { startStandIns } from '../../support/stand-ins.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const {
  expectedTitles,
  tmdb,
  tdd,
  expectUsageError,
  verify: verifyPartitions,
} = await startStandIns({ titles: 60, years: [2019, 2021] });
const PLAN = 'download --min-year 2019 --to lake';

const listed = [...expectedTitles.values()].filter(({ partition }) => partition.year >= 2019);
const partitions = new Map(listed.map(({ partition }) => [partitionName(partition), partition]));

/** Compares every document of these years with the catalogue. */
const verify = () => verifyPartitions(...partitions.values());

/** The titles that TMDB was asked for. */
const askedTitles = () => Object.keys(tmdb.stats().byPath).filter((path) => path.startsWith('/3/movie/tt'));

describe('tdd download with filters', () => {
  it('shows the plan, downloads every partition once, and has nothing to do in the next run', async () => {
    const first = await tdd(PLAN, {
      person: async ({ sees, types }) => {
        await sees('partitions');
        await sees(`Download ${listed.length} titles in ${partitions.size} partitions from this machine?`);
        types('y\r');
      },
    });
    expect(first.exitCode).toBe(0);
    expect(first.stderr).toMatch(/requests\/s from this machine/);
    expect(first.stderr).not.toMatch(/cost|Lambda/);
    expect(first.stdout).toMatch(
      new RegExp(`^✔ ${partitions.size} partitions complete: \\d+ found, \\d+ not found, .*0 failed`),
    );
    expect(first.stdout).toMatch(/\nLake: \S+lake\nTo load the lake into a database: tdd export --from \S+/);
    expect(await verify()).toMatchObject(NOTHING_WRONG);

    tmdb.clearStats();
    const second = await tdd(`${PLAN} --yes --json`);
    expect(second.exitCode).toBe(0);
    expect(JSON.parse(second.stdout)).toMatchObject({
      planned: 0,
      upToDate: partitions.size,
      movies: 0,
      partitions: [],
      inRange: partitions.size,
    });
    expect((await tdd(`${PLAN} --yes`)).stdout).toMatch(
      /^Nothing is missing: \d+ partitions for 2019–\d+ have complete manifests and parts\. .* No movies were downloaded\.\n$/,
    );
    expect(Object.keys(tmdb.stats().byPath)).toEqual(['/3/authentication']);
  });

  it('plans with the rate that another download leaves, and takes nothing from that before the user agrees', async () => {
    const folder = await makeTempFolder();
    const clock = createFakeClock();
    const budget = { apiKey: SANDBOX_API_KEY, baseUrl: tmdb.url };
    const other = await joinRateBudget({ clock, folder: join(folder, 'tdd') }, budget);
    const { stderr, exitCode } = await tdd(PLAN, {
      env: { XDG_CACHE_HOME: folder, TMDB_REQUESTS_PER_SECOND: '40' },
      person: async ({ sees, types }) => {
        await sees('from this machine?');
        clock.advance(2_000);
        expect(await other.count()).toBe(1);
        types('n\r');
      },
    });
    await other.leave();
    expect(exitCode).toBe(130);
    expect(stderr).toContain('at 20 requests/s from this machine');
    expect(stderr.replaceAll(/\s+/g, ' ')).toContain(
      'Another download on this machine uses the same API key: this one is limited to 20 requests per second.',
    );
  });

  it('finishes requests in flight after Ctrl-C with exit code 130, and the same command resumes', async () => {
    const signals = new EventEmitter();
    const running = tdd(`${PLAN} --yes --json`, {
      signals,
      env: { TMDB_REQUESTS_PER_SECOND: '40' },
    });
    while (tmdb.stats().requests.length < 12) await new Promise((resolve) => setTimeout(resolve, 5));
    signals.emit('SIGINT');
    const stopped = await running;
    expect(stopped.exitCode).toBe(130);
    expect(stopped.stderr).toMatch(
      /Finishing the requests in flight.*run the same command again to resume\.\n$/s,
    );
    const { report, interrupted } = JSON.parse(stopped.stdout);
    expect(interrupted).toBe(true);
    expect(report.outcome).toBe('stopped');
    expect(report.thisRun.done).toBeGreaterThan(0);

    const rest = JSON.parse((await tdd(`${PLAN} --yes --json`)).stdout);
    expect(rest).toMatchObject({ partitions: [], report: { outcome: 'complete', thisRun: { failed: 0 } } });
    expect(report.thisRun.done + rest.report.thisRun.done).toBe(listed.length);
    expect(report.partitions.complete + rest.planned).toBe(partitions.size);
    expect(await verify()).toMatchObject(NOTHING_WRONG);
  });

  it('groups failed titles by reason with exit code 1, and names the command that downloads only these', async () => {
    const bad = [...expectedTitles]
      .flatMap(([id, { state, partition }]) => (state === 'found' && partition.year >= 2019 ? id : []))
      .slice(0, 3);
    tmdb.setFaults({ rules: bad.map((id) => ({ kind: '503 code 9', path: `/3/movie/${id}` })) });
    const clock = createFastClock(50); // For the pauses between attempts.
    const failed = await tdd(`${PLAN} --yes`, { clock });
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout).toMatch(/^✖ \d+ of \d+ partitions complete: .* 3 failed/);
    expect(failed.stdout).toMatch(/\n {2}3 failed: 3 × "503" \((?:tt\d+(?:, )?){3}\)\n/);
    const [, retry = ''] = /To try the failed titles again: tdd (.*)\n/.exec(failed.stdout) ?? [];
    expect(retry).toMatch(/^download --min-year 2019 --failed --to \S+lake$/);
    const again = JSON.parse((await tdd(`${retry} --yes --json`, { clock })).stdout);
    const incomplete = again.partitions.map(({ counts }: { counts: { failed: number } }) => counts.failed);
    expect(again.report).toMatchObject({ outcome: 'failedTitles', failures: [{ reason: '503', titles: 3 }] });
    expect(incomplete.reduce((sum: number, count: number) => sum + count, 0)).toBe(3);
    tmdb.setFaults({});
    tmdb.clearStats();
    expect(await tdd(`${retry} --yes`)).toMatchObject({ exitCode: 0 });
    expect(askedTitles().sort()).toEqual(bad.map((id) => `/3/movie/${id}`).sort());
    expect(await verify()).toMatchObject(NOTHING_WRONG);
  });

  it('looks up at most as many titles as --limit allows, over all partitions', async () => {
    const run = await tdd('download --min-year 2019 --limit 33 --to lake --yes --json');
    expect(run.exitCode).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      limit: 33,
      moviesToAsk: 33,
      report: { thisRun: { total: 33, done: 33 } },
    });
    expect(askedTitles()).toHaveLength(33);

    const next = await tdd('download --min-year 2019 --limit 1 --to lake --yes');
    expect(next.stderr).toMatch(
      /\nmovies +\d+ +(?:\d+ already in the lake, )?1 to download(?:, \d+ beyond the limit)?\n/,
    );
    expect(next.stdout).toMatch(/\nThe limit is reached: run the same command again for further titles\.\n/);
  });

  it('records what it has done when TMDB rejects the key or stops answering', async () => {
    const run = tdd(`${PLAN} --yes`, { env: { TMDB_REQUESTS_PER_SECOND: '40' } });
    while (tmdb.stats().requests.length < 12) await new Promise((resolve) => setTimeout(resolve, 5));
    tmdb.setKeyRevoked(true);
    const { exitCode, stderr, stdout } = await run;
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(
      /warning: The download ended after \d+ of \d+ titles: run the same command again to resume\.\ntdd: TMDB rejected the API key.*\n$/,
    );
    tmdb.setKeyRevoked(false);
    const rest = JSON.parse((await tdd(`${PLAN} --yes --json`)).stdout);
    expect(rest.report.thisRun.done).toBeLessThan(listed.length);
    expect(await verify()).toMatchObject(NOTHING_WRONG);
  });

  it('needs neither a key nor a confirmation for --dry-run, and downloads nothing', async () => {
    const run = await tdd('download --failed --only-missing --initial TH --to lake --dry-run', {
      env: { TMDB_API_KEY: '' },
    });
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toMatch(/^partitions +\d+ .*\nDry run: no movies were downloaded\.\n$/s);
    expect(tmdb.stats().requests).toEqual([]);
  });
});

describe('wrong combinations of flags are reported in one sentence with exit code 2', () => {
  it.each([
    [PLAN, /^tdd: Cannot ask for confirmation without a terminal: use --yes to download, or --dry-run/],
    [
      `${PLAN} --year 2020 --yes`,
      /^tdd: Use --year and --initial for one partition, .*\(got --year and --min-year\)/,
    ],
    ['download --failed --imdb-id tt0133093 --to lake --yes', /\(got --imdb-id and --failed\)/],
    [`${PLAN} --refresh --yes`, /^tdd: --refresh cannot be used with --min-year: use --older-than/],
    [
      'download --year 2021 --initial TH --to lake --dry-run',
      /^tdd: --dry-run needs --min-year or another filter/,
    ],
    [
      'download --min-year 2021 --max-year 2019 --to lake --yes',
      /^tdd: --min-year must not be after --max-year/,
    ],
  ])('%s', expectUsageError);
});
