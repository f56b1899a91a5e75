import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCatalogue } from '../../../sandbox/catalogue.ts';
import { type ImdbStandIn, startImdbStandIn } from '../../../sandbox/imdb-stand-in.ts';
import type { FaultOptions } from '../../../sandbox/tmdb/faults.ts';
import { SANDBOX_API_KEY } from '../../../sandbox/tmdb/keys.ts';
import { startTmdbStandIn, type TmdbStandIn } from '../../../sandbox/tmdb-stand-in.ts';
import { initialOf } from '../../../src/imdb/title-partition.ts';
import { createFastClock } from '../../support/fast-clock.ts';
import { runCli } from '../../support/run-cli.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const catalogue = createCatalogue({ initialOf }, { titles: 40, years: [2021] });
const BUSY = 'download --year 2021 --initial TH --to lake --json';
/** Minutes pass in a fraction of a second. */
const FACTOR = 3_000;

let tmdb: TmdbStandIn | undefined;
let imdb: ImdbStandIn;
let cwd: string;

beforeEach(async () => {
  imdb = await startImdbStandIn({ source: catalogue });
  cwd = await makeTempFolder();
});
afterEach(() => Promise.all([tmdb?.stop(), imdb.stop()]));

/** Runs `tdd download` against a TMDB with faults. */
async function download(faults: FaultOptions, { retryAfterSeconds }: { retryAfterSeconds?: number } = {}) {
  const started = await startTmdbStandIn({
    catalogue,
    faults,
    ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
  });
  tmdb = started;
  const run = await runCli(BUSY.split(' '), {
    cwd,
    clock: createFastClock(FACTOR),
    env: {
      TMDB_API_KEY: SANDBOX_API_KEY,
      TMDB_BASE_URL: started.url,
      IMDB_DATASETS_URL: imdb.url,
      TMDB_REQUESTS_PER_SECOND: '2000',
    },
  });
  const waits = run.stderr
    .split('\n')
    .filter((line) => / …$/.test(line) && /(?:retry|continu|giv)ing/.test(line));
  return { ...run, waits };
}

describe('tdd download shows a wait with its end', () => {
  it('once per pause that TMDB asks for, which lasts at most ten minutes', async () => {
    const { waits, exitCode, stdout } = await download(
      { rules: [{ kind: '429', path: /\/movie\//, times: 1 }] },
      { retryAfterSeconds: 3_600 },
    );
    expect(waits).toEqual([
      expect.stringMatching(
        /^TMDB asks for a pause \(429\): continuing at \d\d:\d\d:\d\d \(in (?:10 min 00|9 min \d\d) s\) …$/,
      ),
    ]);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).partitions[0]).toMatchObject({ complete: true });
  });
});
