import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createDirectoryLake } from '../../../src/lake/directory/directory-lake.ts';
import { snapshotKey } from '../../../src/lake/keys.ts';
import { GOOD_LIST, IMDB_FAULTS } from '../../imdb/imdb-faults.ts';
import { listAll } from '../../lake/lake-contract.ts';
import { createFastClock } from '../../support/fast-clock.ts';
import { type LoopbackServer, startLoopbackServer } from '../../support/loopback-server.ts';
import { runCli } from '../../support/run-cli.ts';
import { details, type SmallTmdb, startSmallTmdb } from '../../support/small-tmdb.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const DAY = '2026-11-22';
const clock = createFastClock(1_000, Date.parse(`${DAY}T00:00:00Z`));

let tmdb: SmallTmdb;
let imdb: LoopbackServer;
/** IMDb's responses to the first, second … request; the last one also answers all further requests. */
let responses: ((response: ServerResponse) => void)[];
let cwd: string;

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
});

/** Downloads one title of the list into the lake in `cwd`. */
async function download() {
  const before = imdb.requests.length;
  const run = await runCli(['download', '--imdb-id', 'tt1000000', '--to', 'lake'], {
    cwd,
    clock,
    env: {
      TMDB_API_KEY: '0123456789abcdef0123456789abcdef',
      TMDB_BASE_URL: tmdb.server.url,
      IMDB_DATASETS_URL: imdb.url,
    },
  });
  return { ...run, requests: imdb.requests.length - before };
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
