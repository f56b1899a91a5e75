import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Catalogue, createCatalogue } from '../../sandbox/catalogue.ts';
import { type ImdbStandIn, startImdbStandIn } from '../../sandbox/imdb-stand-in.ts';
import { type FaultOptions, TRANSIENT_FAULTS } from '../../sandbox/tmdb/faults.ts';
import { SANDBOX_API_KEY } from '../../sandbox/tmdb/keys.ts';
import { startTmdbStandIn, type TmdbStandIn } from '../../sandbox/tmdb-stand-in.ts';
import { verifyLake } from '../../sandbox/verify-lake.ts';
import type { DownloadReport } from '../../src/download/download-report.ts';
import { initialOf } from '../../src/imdb/title-partition.ts';
import { createDirectoryLake } from '../../src/lake/directory/directory-lake.ts';
import type { Lake } from '../../src/lake/lake.ts';
import { downloadCatalogue } from '../support/download-catalogue.ts';
import { createFakeClock } from '../support/fake-clock.ts';

const NO_PROBLEMS = { missing: [], unexpected: [], wrong: [] };
/** A tenth of IMDb's rows, and many times the size of a read. The benchmarks read a list of IMDb's full size. */
const FILLER_ROWS = 1_200_000;

let catalogue: Catalogue;
let directory: string;
let lake: Lake;
let tmdb: TmdbStandIn;
let imdb: ImdbStandIn;
let faults: FaultOptions;

beforeEach(() => {
  catalogue = createCatalogue({ initialOf }, { titles: 700, years: [2021, 2022] });
});

afterEach(async () => {
  await Promise.all([tmdb.stop(), imdb.stop()]);
  await rm(directory, { recursive: true, force: true });
});

/** Starts the stand-ins. TMDB fails a tenth of its requests, with every kind of transient fault. */
async function start(source: Catalogue | Buffer = catalogue): Promise<void> {
  directory = await mkdtemp(join(tmpdir(), 'tdd-chaos-'));
  lake = createDirectoryLake({ directory });
  const rules = [{ kind: 'empty page', path: /\/reviews\?.*page=2/, times: 2 }] as const;
  faults = { rate: 0.1, kinds: TRANSIENT_FAULTS, rules };
  tmdb = await startTmdbStandIn({ catalogue, faults });
  imdb = await startImdbStandIn({ source });
}

describe('a download while TMDB fails a tenth of the requests', () => {
  it('is complete and free of duplicates, from a snapshot of a million rows', async () => {
    await start(withFiller(catalogue));
    const reports = await downloadAll('run-1');
    expect(reports.length).toBeGreaterThan(100);
    expect(reports.every(({ complete }) => complete)).toBe(true);
    expect(reports.map(({ counts }) => counts.missingReviews)).toEqual(reports.map(() => undefined));
    expect(await verifyLake({ lake, catalogue })).toMatchObject({
      ...NO_PROBLEMS,
      parts: 2 * reports.length,
    });
    const faults = new Set(tmdb.stats().requests.map(({ fault }) => fault));
    for (const kind of [...TRANSIENT_FAULTS, 'empty page']) expect(faults).toContain(kind);
  });

  it('is complete after an outage, a revoked key, and another run', async () => {
    catalogue = createCatalogue({ initialOf }, { titles: 300, years: [2021, 2022] });
    await start();
    tmdb.setFaults({ ...faults, rules: [{ kind: '503 code 9', after: 100 }] });
    const outage = await downloadAll('outage');
    tmdb.setFaults(faults);
    const revoking = untilRequests(tmdb.stats().requests.length + 100).then(() => tmdb.setKeyRevoked(true));
    const revoked = await downloadAll('revoked');
    await revoking;
    for (const [reports, problem] of [
      [outage, 'outage'],
      [revoked, 'keyRefused'],
    ] as const) {
      const outcomes = reports.map(({ outcome }) => outcome);
      expect([...new Set(outcomes)].sort()).toEqual(['complete', problem]);
      expect(outcomes.filter((outcome) => outcome === problem).length).toBeGreaterThan(1);
      expect(reports.map(({ counts }) => counts.failed)).toEqual(reports.map(() => 0));
    }
    tmdb.setKeyRevoked(false);
    expect((await downloadAll('last')).every(({ complete }) => complete)).toBe(true);
    expect(await verifyLake({ lake, catalogue })).toMatchObject(NO_PROBLEMS);
  });

  it('is complete after kill -9 at random moments and another run', async () => {
    await start();
    for (let kill = 0; kill < 3; kill += 1) {
      const child = startChild(`killed-${kill}`);
      const ended = once(child, 'exit');
      await untilRequests(tmdb.stats().requests.length + 20 + Math.random() * 130);
      child.kill('SIGKILL');
      expect(await ended).toEqual([null, 'SIGKILL']);
    }
    expect((await verifyLake({ lake, catalogue })).missing).not.toEqual([]);
    expect(await exitCodeOf(startChild('last'))).toBe(0);
    expect(await verifyLake({ lake, catalogue })).toMatchObject(NO_PROBLEMS);
  });

  it('is complete when two processes run concurrently', async () => {
    catalogue = createCatalogue({ initialOf }, { titles: 300, years: [2021, 2022] });
    await start();
    const codes = await Promise.all([exitCodeOf(startChild('one')), exitCodeOf(startChild('two'))]);
    expect(codes).toEqual([0, 0]);
    expect(await verifyLake({ lake, catalogue })).toMatchObject(NO_PROBLEMS);
  });
});

function downloadAll(run: string): Promise<DownloadReport[]> {
  const source = { tmdbUrl: tmdb.url, imdbUrl: imdb.url, apiKey: SANDBOX_API_KEY, run };
  return downloadCatalogue({ lake, clock: createFakeClock() }, source);
}

/** Waits until TMDB has received this many requests. */
async function untilRequests(requests: number): Promise<void> {
  while (tmdb.stats().requests.length < requests) await delay(20);
}

function startChild(run: string): ChildProcess {
  const script = fileURLToPath(new URL('../support/download-child.ts', import.meta.url));
  const args = ['--import', 'tsx', script, directory, tmdb.url, imdb.url, SANDBOX_API_KEY, run];
  return spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
}

async function exitCodeOf(child: ChildProcess): Promise<unknown> {
  const [code] = await once(child, 'exit');
  return code;
}

/** The catalogue's list followed by {@link FILLER_ROWS} episodes. Concatenated gzip members form one gzip file. */
function withFiller(catalogue: Catalogue): Buffer {
  const blockRows = 100_000;
  const rows = Array.from(
    { length: blockRows },
    (_, i) =>
      `tt9${String(i).padStart(7, '0')}\ttvEpisode\tEpisode ${i * 7919}\tEpisode ${i}\t0\t2020\t\\N\t${i % 90}\tDrama\n`,
  );
  const block = gzipSync(rows.join(''), { level: 1 });
  const list = gzipSync([...catalogue.lines()].map((line) => `${line}\n`).join(''));
  return Buffer.concat([list, ...new Array<Buffer>(FILLER_ROWS / blockRows).fill(block)]);
}
