import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCatalogue } from '../../../sandbox/catalogue.ts';
import { type ImdbStandIn, startImdbStandIn } from '../../../sandbox/imdb-stand-in.ts';
import type { FaultOptions } from '../../../sandbox/tmdb/faults.ts';
import { SANDBOX_API_KEY } from '../../../sandbox/tmdb/keys.ts';
import { startTmdbStandIn, type TmdbStandIn } from '../../../sandbox/tmdb-stand-in.ts';
import { type Clock, systemClock } from '../../../src/clock.ts';
import { initialOf } from '../../../src/imdb/title-partition.ts';
import { runCli } from '../../support/run-cli.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';

const catalogue = createCatalogue({ initialOf }, { titles: 40, years: [2021] });
const BUSY = 'download --year 2021 --initial TH --to lake --json';
const NOON = Date.parse('2026-11-22T12:00:00Z');
/** The interval of the lines that show progress. */
const PROGRESS_MS = 5_000;

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
  const run = await runAgain();
  const waits = run.stderr
    .split('\n')
    .filter((line) => / …$/.test(line) && /(?:retry|continu|giv)ing/.test(line));
  return { ...run, waits };
}

/** A clock on which the pauses between requests take no time. The lines that show progress keep the machine's time. */
function createSkippingClock(): Clock {
  const start = systemClock.now();
  let skippedMs = 0;
  return {
    now: () => NOON + systemClock.now() - start + skippedMs,
    monotonic: () => systemClock.monotonic() + skippedMs,
    sleep: async (ms, signal) => {
      if (ms === PROGRESS_MS) return systemClock.sleep(ms, signal);
      await setImmediate();
      signal?.throwIfAborted();
      skippedMs += ms;
    },
  };
}

function runAgain() {
  return runCli(BUSY.split(' '), {
    cwd,
    clock: createSkippingClock(),
    env: {
      TMDB_API_KEY: SANDBOX_API_KEY,
      TMDB_BASE_URL: tmdb?.url ?? '',
      IMDB_DATASETS_URL: imdb.url,
      TMDB_REQUESTS_PER_SECOND: '2000',
    },
  });
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

  it.each([
    [
      'without Retry-After',
      undefined,
      /^TMDB is throttling every request \(429\): giving up at \S+ \(in 14 min \d\d s\) …$/,
    ],
    [
      'with Retry-After',
      3_600,
      /^TMDB asks for a pause \(429\): continuing at \S+ \(in (?:10 min 00|9 min \d\d) s\) …$/,
    ],
  ])(
    'while TMDB throttles every request, and gives up after 15 minutes (%s)',
    async (_, retryAfterSeconds, line) => {
      const { waits, exitCode, stderr } = await download(
        { rules: [{ kind: '429', path: /\/movie\// }] },
        retryAfterSeconds === undefined ? {} : { retryAfterSeconds },
      );
      expect(waits[0]).toMatch(line);
      expect(waits.length).toBeLessThanOrEqual(3);
      expect(stderr).toMatch(
        /\ntdd: TMDB at \S+ has throttled every request \(429\) for (?:1[5-9]|2\d) minutes\. Check .* not marked as failed\.\n$/,
      );
      expect(exitCode).toBe(1);
      tmdb?.setFaults({});
      const resumed = await runAgain();
      expect(JSON.parse(resumed.stdout).partitions[0]).toMatchObject({ complete: true, skipped: 0 });
    },
  );
});
