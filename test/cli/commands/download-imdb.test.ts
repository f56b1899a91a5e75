import { writeFile } from 'node:fs/promises';
import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Clock } from '../../../src/clock.ts';
import { createDirectoryLake } from '../../../src/lake/directory/directory-lake.ts';
import { snapshotKey } from '../../../src/lake/keys.ts';
import { GOOD_LIST, IMDB_FAULTS } from '../../imdb/imdb-faults.ts';
import { gzipRows, titleRow } from '../../imdb/snapshot-file.ts';
import { listAll } from '../../lake/lake-contract.ts';
import { createFastClock } from '../../support/fast-clock.ts';
import { type LoopbackServer, startLoopbackServer } from '../../support/loopback-server.ts';
import { runCli } from '../../support/run-cli.ts';
import { details, type SmallTmdb, startSmallTmdb } from '../../support/small-tmdb.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const DAY = '2026-11-22';
const startOfDay = (day: string) => createFastClock(1_000, Date.parse(`${day}T00:00:00Z`));

let tmdb: SmallTmdb;
let imdb: LoopbackServer;
/** IMDb's responses to the first, second … request; the last one also answers all further requests. */
let responses: ((response: ServerResponse) => void)[];
let cwd: string;
/** Starts with each test: its day is over after 86 seconds. */
let clock: Clock;

beforeAll(async () => {
  tmdb = await startSmallTmdb({ '/3/movie/tt1000000': details(1, 'tt1000000') });
  imdb = await startLoopbackServer((_, response) => {
    const send = responses.length > 1 ? responses.shift() : responses[0];
    send?.(response);
  });
});
afterAll(() => Promise.all([tmdb.stop(), imdb.stop()]));
beforeEach(async () => {
  cwd = await makeTempFolder();
  clock = startOfDay(DAY);
});

/** Downloads one title of the list into the lake in `cwd`. */
async function download(...flags: string[]) {
  return run(flags);
}

/** Runs the download on a day, with more environment variables. */
async function run(
  flags: readonly string[],
  { env = {}, clock: ofDay = clock }: { env?: Record<string, string>; clock?: Clock } = {},
) {
  const before = imdb.requests.length;
  const result = await runCli(['download', '--imdb-id', 'tt1000000', '--to', 'lake', ...flags], {
    cwd,
    clock: ofDay,
    env: {
      TMDB_API_KEY: '0123456789abcdef0123456789abcdef',
      TMDB_BASE_URL: tmdb.server.url,
      IMDB_DATASETS_URL: imdb.url,
      ...env,
    },
  });
  return { ...result, requests: imdb.requests.length - before };
}

function sendGoodList(response: ServerResponse): void {
  response.end(GOOD_LIST);
}

const openLake = () => createDirectoryLake({ directory: join(cwd, 'lake') });

describe("tdd download, when IMDb's server answers with", () => {
  it.each(IMDB_FAULTS)('$name once, requests the list again', async ({ send }) => {
    responses = [send, sendGoodList];
    expect(await download()).toMatchObject({ exitCode: 0, requests: 2 });
    const stored = await openLake().read(snapshotKey(DAY));
    expect(stored?.body.equals(GOOD_LIST)).toBe(true);
  });

  it.each(IMDB_FAULTS)('$name every time, reports it in one sentence and keeps nothing', async (fault) => {
    responses = [fault.send];
    const run = await download();
    expect(run).toMatchObject({ exitCode: 1, stdout: '', requests: fault.fault === 'transient' ? 3 : 2 });
    expect(run.stderr).toContain(': retrying');
    const last = run.stderr.trim().split('\n').at(-1);
    const subject = `tdd: IMDb's list at ${imdb.url}/title.basics.tsv.gz `;
    expect(last?.slice(0, subject.length)).toBe(subject);
    expect(last?.slice(subject.length)).toMatch(fault.reason);
    expect(await listAll(openLake(), '')).toEqual([]);
  });
});

describe('tdd download, when rows of the list', () => {
  const YEARLESS = titleRow('tt1000001', 'Unmade', '\\N');
  /** Without its fourth column, the end year, which is null, would be in the place of the year. */
  const SHORT = titleRow('tt1000002', 'Short', 2004).split('\t').toSpliced(3, 1).join('\t');
  const GOOD = titleRow('tt1000000', 'Adventure', 2004);

  it('are invalid, says how many and shows the first', async () => {
    const list = gzipRows([GOOD, YEARLESS, SHORT, titleRow('tt1', 'No ID', 2004)]);
    responses = [(response) => response.end(list)];
    const sentence =
      'Skipped 2 invalid rows in IMDb\'s list (the first is line 4, which has 8 columns instead of 9: "tt1000002\\tmovie\\tShort';
    expect(await download()).toMatchObject({ exitCode: 0, stderr: expect.stringContaining(sentence) });
    // The second run reads the index from the lake.
    const { stdout, stderr } = await download('--json');
    expect(stderr).toContain(sentence);
    expect(JSON.parse(stdout)).toMatchObject({
      badRows: 2,
      firstBadRow: { line: 4, problem: 'has 8 columns instead of 9', text: SHORT },
    });
  });

  it('have no year, says nothing', async () => {
    responses = [(response) => response.end(gzipRows([GOOD, YEARLESS]))];
    const { exitCode, stderr } = await download();
    expect(exitCode).toBe(0);
    expect(stderr).not.toContain('Skipped');
  });
});

describe('tdd download, when the list has far fewer titles than that of the day before', () => {
  const rows = Array.from({ length: 60 }, (_, at) =>
    titleRow(`tt${1_000_000 + at}`, `Adventure ${at}`, 2004),
  );
  const sendRows = (count: number) => {
    responses = [(response) => response.end(gzipRows(rows.slice(0, count)))];
  };
  const onDay = (day: string) => ({ clock: startOfDay(day) });

  beforeEach(async () => {
    sendRows(60);
    expect(await run([], onDay('2026-11-19'))).toMatchObject({ exitCode: 0 });
  });

  it('refuses it, stores nothing, and accepts the next complete one', async () => {
    sendRows(1);
    expect(await run([], onDay('2026-11-22'))).toMatchObject({
      exitCode: 1,
      requests: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /\ntdd: IMDb's list at \S+ has 1 title of the type movie on 2026-11-22, less than half of the 60 on 2026-11-19: try again later, or set IMDB_ACCEPT_SHRUNKEN_LIST=yes to accept it\.\n$/,
      ),
    });
    const keys = (await listAll(openLake(), 'imdb/')).map(({ key }) => key);
    expect(keys.filter((key) => key.includes('2026-11-22'))).toEqual([]);
    sendRows(59);
    expect(await run([], onDay('2026-11-22'))).toMatchObject({ exitCode: 0 });
  });

  it('accepts exactly half, and any list of other title types', async () => {
    sendRows(30);
    expect(await run([], onDay('2026-11-20'))).toMatchObject({ exitCode: 0 });
    sendRows(1);
    expect(await run(['--title-types', 'movie,short'], onDay('2026-11-22'))).toMatchObject({ exitCode: 0 });
  });

  it('accepts it when IMDB_ACCEPT_SHRUNKEN_LIST or config.ini says so', async () => {
    sendRows(1);
    const yes = { IMDB_ACCEPT_SHRUNKEN_LIST: 'yes' };
    expect(await run([], { ...onDay('2026-11-22'), env: yes })).toMatchObject({ exitCode: 0 });
    await writeFile(join(cwd, 'config.ini'), '[IMDB]\nACCEPT_SHRUNKEN_LIST = true\n');
    expect(await run([], onDay('2026-11-22'))).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('ACCEPT_SHRUNKEN_LIST in '),
    });
  });
});
