import { EventEmitter } from 'node:events';
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { SANDBOX_API_KEY } from '../../../sandbox/tmdb/keys.ts';
import { NOTHING_WRONG } from '../../../sandbox/verify-lake.ts';
import type { Partition } from '../../../src/partition.ts';
import { createFastClock } from '../../support/fast-clock.ts';
import { startLoopbackServer } from '../../support/loopback-server.ts';
import { noModesReason } from '../../support/platform.ts';
import { startStandIns } from '../../support/stand-ins.ts';
import { stubAws } from '../../support/stub-aws.ts';

const { catalogue, expectedTitles, tmdb, imdb, inCwd, tdd, expectUsageError, verify } = await startStandIns(
  { titles: 260, years: [2021] },
  { clock: createFastClock(50) },
);
const BUSY: Partition = { year: 2021, initial: 'TH' };

function idsOf({ year, initial }: Partition): string[] {
  return [...expectedTitles].flatMap(([id, { partition }]) =>
    partition.year === year && partition.initial === initial ? id : [],
  );
}

describe('tdd download', () => {
  it('downloads a partition into a directory once', async () => {
    const first = await tdd('download --year 2021 --initial TH --to lake');
    expect(first).toMatchObject({ exitCode: 0 });
    expect(first.stdout).toMatch(/✔ 2021\/TH {2}\d+ found, .*; complete\./);
    expect(await verify(BUSY)).toMatchObject(NOTHING_WRONG);
    expect(first.stdout).toMatch(
      /\nDocuments:\n {2}\S+\/tmdb\/movies\/year-2021\/initial-TH\/\n {2}\S+\/tmdb\/reviews\/year-2021\/initial-TH\/\nTo load the lake into a database: tdd export --from \S+ --to tables\n$/,
    );
    const repeat = await tdd('download --year 2021 --initial TH --to lake');
    expect(repeat.stdout).toMatch(
      /^✔ 2021\/TH is already complete: \d+ movies, \d+ not on TMDB, (?:\d+ refused by TMDB, )?\d+ reviews\.\n/,
    );
    tmdb.clearStats();
    const second = await tdd('download --year 2021 --initial th --to lake --json');
    expect(JSON.parse(second.stdout)).toMatchObject({
      partitions: [{ outcome: 'complete', skipped: idsOf(BUSY).length, thisRun: { requests: 0 } }],
    });
    expect(Object.keys(tmdb.stats().byPath)).toEqual(['/3/authentication']);
    expect(imdb.stats().downloads).toBe(1);
  });

  it('writes documents that "cat" concatenates to JSON Lines', async () => {
    await tdd('download --year 2021 --initial TH --to lake');
    for (const folder of ['movies', 'reviews']) {
      const path = inCwd('lake/tmdb', folder, 'year-2021/initial-TH');
      const names = await readdir(path);
      const texts = await Promise.all(names.map((name) => readFile(join(path, name), 'utf8')));
      const lines = texts.join('').trimEnd().split('\n');
      expect(lines.map((line) => typeof JSON.parse(line))).toEqual(names.map(() => 'object'));
    }
  });

  it('downloads existing documents again with --refresh', async () => {
    await tdd('download --year 2021 --initial A_ --to lake');
    const again = await tdd('download --year 2021 --initial A_ --to lake --refresh --json');
    expect(JSON.parse(again.stdout).partitions[0]).toMatchObject({
      skipped: 0,
      thisRun: { total: idsOf({ year: 2021, initial: 'A_' }).length },
    });
  });

  it('downloads at most as many titles as --limit allows', async () => {
    const { stdout } = await tdd('download --year 2021 --initial TH --to lake --limit 3 --json');
    expect(JSON.parse(stdout).partitions[0]).toMatchObject({
      outcome: 'partial',
      thisRun: { total: 3, done: 3 },
    });
    const more = await tdd('download --year 2021 --initial TH --to lake --limit 3');
    expect(more.stdout).toContain('\nThe limit is reached: run the same command again for further titles.\n');
    const rest = await tdd('download --year 2021 --initial TH --to lake');
    expect(rest.stdout).toMatch(
      / found, .*; complete, including the 6 titles downloaded before: \d+ movies, /,
    );
  });

  it('shows the document of each requested ID: found, already there, not on TMDB, refused or failed', async () => {
    const inState = (state: string, place = 0) =>
      idsOf(BUSY).filter((id) => expectedTitles.get(id)?.state === state)[place] ?? '';
    const [found, absent, refused, failed] = [
      inState('found'),
      inState('notFound'),
      inState('found', 1),
      inState('found', 2),
    ];
    const document = inCwd(
      `lake/tmdb/movies/year-2021/initial-TH/tmdb-movie-${expectedTitles.get(found)?.tmdbId}.json`,
    );
    const ids = [found, absent, refused, failed].map((id) => `--imdb-id ${id}`).join(' ');
    tmdb.setFaults({
      rules: [
        { kind: '422', path: `/3/movie/${refused}` },
        { kind: '503 code 9', path: `/3/movie/${failed}` },
      ],
    });
    const run = await tdd(`download ${ids} --to lake`);
    expect(run.exitCode).toBe(1);
    expect(run.stdout.split('\n').slice(1, 5)).toEqual([
      `  ${found}: ${document}`,
      `  ${absent}: not on TMDB`,
      expect.stringMatching(`^  ${refused}: refused by TMDB \\("422`),
      `  ${failed}: failed ("503")`,
    ]);
    const json = await tdd(`download --imdb-id ${found} --imdb-id ${absent} --to lake --json`);
    expect(JSON.parse(json.stdout).partitions[0]).toMatchObject({
      thisRun: { requests: 0 },
      requested: [
        { imdbId: found, state: 'found', document },
        { imdbId: absent, state: 'notFound' },
      ],
    });
    expect(JSON.parse(await readFile(document, 'utf8'))).toMatchObject({ imdb_id: found });
  });

  it('finds the partitions of single IDs, and reports why an ID has none', async () => {
    const [one = '', two = ''] = [idsOf(BUSY)[0], idsOf({ year: 2021, initial: 'A_' })[0]];
    const yearless = catalogue.cases.find(({ row }) => row.startYear === null)?.row.tconst;
    const run = await tdd(
      `download --imdb-id ${one} --imdb_id ${two} --imdb-id ${yearless} --imdb-id tt0000000 --to lake --json`,
    );
    expect(run.exitCode).toBe(1);
    const { partitions, withoutPartition } = JSON.parse(run.stdout);
    expect(partitions).toHaveLength(2);
    expect(partitions).toMatchObject([{ thisRun: { done: 1 } }, { thisRun: { done: 1 } }]);
    expect(withoutPartition).toEqual([
      { imdbId: yearless, reason: expect.stringMatching(/IMDb has no year for/) },
      { imdbId: 'tt0000000', reason: expect.stringMatching(/has no movie with this IMDb ID/) },
    ]);
  });

  it('records a refused title, which completes a partition', async () => {
    const [bad = ''] = idsOf(BUSY).filter((id) => expectedTitles.get(id)?.state === 'found');
    tmdb.setFaults({ rules: [{ kind: '422', path: `/3/movie/${bad}` }] });
    const refused = await tdd('download --year 2021 --initial TH --to lake --json');
    expect(JSON.parse(refused.stdout).partitions[0]).toMatchObject({
      complete: true,
      failures: [],
      refusals: [{ reason: expect.stringMatching(/^422/), titles: 1, examples: [bad] }],
    });
    const manifest = JSON.parse(
      await readFile(inCwd('lake/tmdb/manifests/year-2021/initial-TH.json'), 'utf8'),
    );
    expect(manifest.titles[bad]).toMatchObject({ state: 'refused', reason: expect.stringMatching(/^422/) });
  });

  it('reports failed titles with exit code 1, and looks up only these in the next run', async () => {
    const [bad = ''] = idsOf(BUSY).filter((id) => expectedTitles.get(id)?.state === 'found');
    tmdb.setFaults({ rules: [{ kind: '503 code 9', path: `/3/movie/${bad}` }] });
    const failed = await tdd('download --year 2021 --initial TH --to lake');
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout).toMatch(
      new RegExp(`✖ 2021/TH .* 1 failed.*\\n {2}1 failed: 1 × "503" \\(${bad}\\)\\n`),
    );
    tmdb.setFaults({});
    tmdb.clearStats();
    expect(await tdd('download --year 2021 --initial TH --to lake')).toMatchObject({ exitCode: 0 });
    expect(Object.keys(tmdb.stats().byPath).filter((path) => path.includes('/tt'))).toContain(
      `/3/movie/${bad}`,
    );
    expect(Object.keys(tmdb.stats().byPath).filter((path) => path.startsWith('/3/movie/tt'))).toHaveLength(1);
  });

  it('reports reviews that TMDB counts but does not return, and asks for them in the next run', async () => {
    const large = [...expectedTitles.values()].find((title) => (title.reviewDocuments?.length ?? 0) > 20);
    const { year, initial } = large?.partition ?? BUSY;
    const total = large?.reviewDocuments?.length ?? 0;
    const command = `download --year ${year} --initial ${initial} --to lake`;
    tmdb.setFaults({ rules: [{ kind: 'empty page', path: /\/reviews\?.*page=2/ }] });
    const first = await tdd(command);
    expect(first.exitCode).toBe(0);
    expect(first.stdout).toMatch(
      /; complete\.\n {2}\d+ reviews missing: TMDB counts more than it returned\. The next run asks/,
    );
    const again = await tdd(`${command} --json`);
    expect(JSON.parse(again.stdout)).toMatchObject({
      partitions: [
        { complete: true, outcome: 'complete', counts: { missingReviews: total > 40 ? 20 : total - 20 } },
      ],
    });
    tmdb.setFaults({});
    expect((await tdd(command)).stdout).not.toContain('missing');
    expect(await verify({ year, initial })).toMatchObject(NOTHING_WRONG);
    expect((await tdd(command)).stdout).toContain('is already complete');
  });

  it('fails only the title whose document cannot be written, and shows the stack with --verbose', async () => {
    const [bad = ''] = idsOf(BUSY).filter((id) => expectedTitles.get(id)?.state === 'found');
    const paths = [bad, expectedTitles.get(bad)?.tmdbId].map((id) => `/3/movie/${id}`);
    tmdb.setFaults({ rules: paths.map((path) => ({ kind: 'deep json', path })) });
    const failed = await tdd('download --year 2021 --initial TH --to lake');
    expect(failed.exitCode).toBe(1);
    expect(failed.stdout).toContain(
      `  1 failed: 1 × "unexpected error: RangeError: Maximum call stack size exceeded" (${bad})\n`,
    );
    expect(failed.stderr).toContain(
      `The title ${bad} failed with an unexpected error: run again with --verbose`,
    );
    expect(failed.stderr).not.toMatch(/^ +at /m);
    const again = await tdd('download --year 2021 --initial TH --to lake --verbose --json');
    expect(again.stderr).toMatch(new RegExp(`${bad}: RangeError: .*\n +at .*`));
    expect(JSON.parse(again.stdout)).toMatchObject({
      partitions: [{ outcome: 'failedTitles', thisRun: { done: 1 } }],
    });
    const manifest = await readFile(inCwd('lake/tmdb/manifests/year-2021/initial-TH.json'), 'utf8');
    expect(manifest).not.toMatch(/ at .*\.ts/);
    tmdb.setFaults({});
    expect(await tdd('download --year 2021 --initial TH --to lake')).toMatchObject({ exitCode: 0 });
    expect(await verify(BUSY)).toMatchObject(NOTHING_WRONG);
  });

  it('reports a bug that affects every title', async () => {
    tmdb.setFaults({ rules: [{ kind: 'deep json', path: /^\/3\/movie\// }] });
    const failed = await tdd('download --year 2021 --initial TH --to lake');
    expect(failed).toMatchObject({ exitCode: 1, stdout: '' });
    expect(failed.stderr).toMatch(/^tdd: Unexpected error:\nRangeError: .*\n +at .*This is a bug in tdd/ms);
  });

  it('finishes requests in flight after Ctrl-C, and the next run continues', async () => {
    const signals = new EventEmitter();
    const running = tdd('download --year 2021 --initial TH --to lake', {
      signals,
      clock: createFastClock(10), // On a faster one, a busy machine writes the manifest too late.
      env: { TMDB_REQUESTS_PER_SECOND: '2' },
    });
    while (tmdb.stats().requests.length < 6) await new Promise((resolve) => setTimeout(resolve, 10));
    signals.emit('SIGINT');
    const stopped = await running;
    expect(stopped.exitCode).toBe(130);
    expect(stopped.stderr).toMatch(
      /Finishing the requests in flight, for 10 s at most;.*run the same command again to resume\.\n$/s,
    );
    const { done } = JSON.parse((await tdd('download --year 2021 --initial TH --to lake --json')).stdout)
      .partitions[0].thisRun;
    expect(done).toBeGreaterThan(0);
    expect(done).toBeLessThan(idsOf(BUSY).length);
    expect(await verify(BUSY)).toMatchObject(NOTHING_WRONG);
  });
});

describe('a download that shares the rate with others', () => {
  it('ends its registration', async () => {
    await tdd('download --year 2021 --initial A_ --to lake', { env: { XDG_CACHE_HOME: inCwd() } });
    const names = await readdir(inCwd('tdd'), { recursive: true });
    expect(names).toEqual(['downloads', expect.stringMatching(/^downloads.[0-9a-f]{32}$/)]);
  });

  it('works without a cache folder, and says so only with --verbose', async () => {
    await writeFile(inCwd('file'), '');
    const env = { XDG_CACHE_HOME: inCwd('file') };
    const plain = await tdd('download --year 2021 --initial A_ --to lake', { env });
    expect(plain.exitCode).toBe(0);
    expect(plain.stderr).not.toMatch(/API key|ENOTDIR/);
    const verbose = await tdd('download --year 2021 --initial A_ --to other --verbose', { env });
    expect(verbose.exitCode).toBe(0);
    expect(verbose.stderr).toMatch(/Other downloads on this machine .* are not noticed: ENOTDIR/);
  });
});

describe('invalid input is reported in one sentence with exit code 2, and changes nothing', () => {
  it.each([
    ['download', /--year and --initial together, --imdb-id, or --min-year for many partitions/],
    ['download --year 2021', /--year and --initial together/],
    ['download --year 99999 --initial TH --to lake', /^tdd: --year must be four digits .*\(got "99999"\)/],
    ['download --year 1492 --initial TH --to lake', /^tdd: --year must be .*\(got "1492"\)/],
    ['download --year 2021 --initial ../ --to lake', /^tdd: --initial must be/],
    ['download --year 2021 --initial THE --to lake', /^tdd: --initial must be .*\(got "THE"\)/],
    ['download --imdb-id nm0000001 --to lake', /^tdd: --imdb-id must be .*\(got "nm0000001"\)/],
    ['download --imdb-id tt0000001 --year 2021 --to lake', /not both/],
    [
      'download --year 2021 --initial TH --to lake --limit 0',
      /^tdd: --limit must be a whole number of 1 or more \(got "0"\)/,
    ],
    [
      'download --year 2021 --initial TH --to lake --limt 1',
      /Unknown option "--limt"\. Did you mean --limit\?/,
    ],
    ['download --year 2021 --initial TH --to ftp://lake', /^tdd: --to must be a directory or s3:/],
    ['download --year 2021 --initial TH --to s3://Bad_Bucket', /Bad_Bucket/],
    ['download --year 2021 --initial TH', /--datalake-bucket-name, DATALAKE_BUCKET_NAME/],
    [
      'download --year 2021 --initial TH --to lake --lookup find --append credits',
      /--append .*cannot be used with --lookup/,
    ],
    ['download --year 2021 --initial TH --to lake --requests-per-second 0', /--requests-per-second/],
  ])('%s', expectUsageError);

  it('a bucket that does not exist, with a hint at a directory', async () => {
    const server = await startLoopbackServer((_, response) => response.writeHead(404).end());
    const run = await tdd('download --year 2021 --initial TH', { env: stubAws(server.url) }).finally(() => {
      vi.unstubAllEnvs();
      return server.stop();
    });
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(/bucket "the-lake" does not exist.*"tdd download --to lake" needs no bucket/);
  });

  it('an API key that TMDB rejects', async () => {
    tmdb.setKeyRevoked(true);
    const run = await tdd('download --year 2021 --initial TH --to lake');
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(/^tdd: TMDB rejected the API key: 401 \(code 7\)/);
    expect(run.stderr).not.toContain(SANDBOX_API_KEY);
    expect(await readdir(inCwd())).toEqual([]);
  });

  it.each([
    ['a directory', () => mkdir(inCwd('config.ini'))],
    ['garbage', () => writeFile(inCwd('config.ini'), Buffer.from([0, 255, 1, 254, 0]))],
  ])('a config.ini that is %s', async (_, make) => {
    await make();
    const run = await tdd('download --year 2021 --initial TH --to lake');
    expect(run).toMatchObject({ exitCode: 2, stdout: '' });
    expect(run.stderr).toMatch(/config\.ini/);
    expect(await readdir(inCwd())).toEqual(['config.ini']);
  });

  it.skipIf(noModesReason)('a directory that cannot be written', async () => {
    await mkdir(inCwd('closed'), { mode: 0o500 });
    for (const argv of [
      'download --year 2021 --initial TH --to closed',
      'download --min-year 2021 --to closed/lake --yes',
    ]) {
      const run = await tdd(argv);
      expect(run).toMatchObject({ exitCode: 2, stdout: '' });
      expect(run.stderr).toMatch(
        /^tdd: Cannot write into ".*closed(?:\/lake" because of ".*closed)?": permission denied\. Check --to\.\n$/,
      );
    }
    expect(tmdb.stats().requests).toEqual([]); // Not even to check the key.
  });

  it.skipIf(noModesReason)('an unreadable config.ini', async () => {
    await writeFile(inCwd('config.ini'), '[TMDB]\n');
    await chmod(inCwd('config.ini'), 0);
    expect(await tdd('download --year 2021 --initial TH --to lake')).toMatchObject({ exitCode: 2 });
  });
});

describe('tdd download --verbose', () => {
  it('shows each request and its duration, but never the key', async () => {
    const { stderr } = await tdd('download --year 2021 --initial TH --limit 2 --to lake --verbose');
    expect(stderr).toMatch(/^TMDB GET \/3\/authentication → 200, \d+ ms$/m);
    expect(stderr).toMatch(/^IMDb GET \/title\.basics\.tsv\.gz → 200, \d+ ms$/m);
    expect(stderr).toMatch(/^TMDB GET \/3\/movie\/tt\d+\?\S+ → (?:200|404), \d+ ms$/m);
    expect(stderr).not.toContain(SANDBOX_API_KEY);
  });
});
