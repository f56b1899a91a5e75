import { Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { downloadTargets } from '../../src/app/download.ts';
import { downloadPlan } from '../../src/app/download-plan.ts';
import { planDownload } from '../../src/app/plan-download.ts';
import { resolveSettings } from '../../src/config/resolve-settings.ts';
import type { PartitionIndex } from '../../src/imdb/partition-index.ts';
import { MANIFEST_PREFIX, manifestKey } from '../../src/lake/keys.ts';
import { LakeUnavailableError } from '../../src/lake/lake.ts';
import { buildPartitionIndex } from '../imdb/build-partition-index.ts';
import { gzipRows, titleRow } from '../imdb/snapshot-file.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { details, type SmallTmdb, startSmallTmdb } from '../support/small-tmdb.ts';

const INITIALS = ['AA', 'BB', 'CC', 'DD', 'EE'];
/** Each partition has three titles. */
const TITLES = INITIALS.flatMap((initial, at) =>
  [0, 1, 2].map((n) => ({ imdbId: `tt10000${at}${n}`, title: `${initial} ${n}`, tmdbId: 10 * at + n + 1 })),
);

let tmdb: SmallTmdb;
let lake: MemoryLake;
let index: PartitionIndex;

beforeAll(async () => {
  const answers = TITLES.map(({ imdbId, tmdbId }) => [`/3/movie/${imdbId}`, details(tmdbId, imdbId)]);
  tmdb = await startSmallTmdb(Object.fromEntries(answers));
});
afterAll(() => tmdb.stop());
beforeEach(async () => {
  lake = new MemoryLake();
  const name = { day: '2026-11-22', titleTypes: ['movie'] };
  const list = gzipRows(TITLES.map(({ imdbId, title }) => titleRow(imdbId, title, 2004)));
  index = await buildPartitionIndex({ lake }, Readable.from([list]), name);
});

function connect() {
  const { client, clock } = tmdb;
  return { lake, tmdb: client, clock, random: () => 0.5, settings: resolveSettings({ env: {} }) };
}

test('a title that has moved leaves its old partition, even if IMDb’s list has no title there any more', async () => {
  const connection = connect();
  await downloadPlan(connection, index, (await planDownload(connection, index)).plan);
  const moved = TITLES.map(({ imdbId, title }) =>
    titleRow(imdbId, title.startsWith('AA') ? `BB of ${title}` : title, 2004),
  );
  const name = { day: '2026-11-23', titleTypes: ['movie'] };
  const next = await buildPartitionIndex({ lake }, Readable.from([gzipRows(moved)]), name);
  const { plan, upToDate } = await planDownload(connection, next, { onlyMissing: true });
  expect(plan.partitions.map(({ initial }) => initial)).toEqual(['BB', 'AA']);
  expect(upToDate).toBe(0);
  expect(await downloadPlan(connection, next, plan)).toMatchObject({
    outcome: 'complete',
    partitions: { total: 2, complete: 2 },
    thisRun: { total: 3, found: 3 },
  });
  const record = (initial: string) => JSON.parse(lake.text(manifestKey({ year: 2004, initial })) ?? '');
  expect(record('AA')).toMatchObject({ counts: { titles: 0 }, parts: { movies: { rows: 0 } } });
  expect(record('BB')).toMatchObject({ counts: { found: 6 }, parts: { movies: { rows: 6 } } });
  expect((await planDownload(connection, next, { onlyMissing: true })).plan.partitions).toEqual([]);
});

test('a lake that fails ends a plan with its error, after the other partitions have been recorded', async () => {
  const connection = connect();
  const { plan } = await planDownload(connection, index);
  const problem = new LakeUnavailableError('The disk is full.');
  lake.beforeCall = (name, key) => {
    if (name === 'compareAndSwap' && key === manifestKey({ year: 2004, initial: 'BB' })) throw problem;
  };
  const done: number[] = [];
  const options = { onProgress: (progress: { done: number }) => void done.push(progress.done) };
  await expect(downloadPlan(connection, index, plan, options)).rejects.toBe(problem);
  lake.beforeCall = undefined;
  const complete = lake.keys(MANIFEST_PREFIX).filter((key) => lake.text(key)?.includes('"complete":true'));
  expect(complete.length).toBeGreaterThan(0);
  expect(done.at(-1)).toBeGreaterThan(0);

  // The same again does the rest.
  const rest = await planDownload(connection, index);
  expect(rest.upToDate).toBe(complete.length);
  expect(await downloadPlan(connection, index, rest.plan)).toMatchObject({
    outcome: 'complete',
    partitions: { total: INITIALS.length - complete.length, incomplete: 0 },
  });
});

test.each([1, 4, 7, 100])('targets that overlap look up at most %i titles together', async (limit) => {
  const targets = INITIALS.map((initial, at) => ({
    partition: { year: 2004, initial },
    only: new Set([`tt10000${at}0`, `tt10000${at}2`]),
  }));
  const reports = await downloadTargets(connect(), index, targets, { limit });
  const done = reports.map(({ thisRun }) => thisRun.done);
  const titles = Math.min(limit, 2 * INITIALS.length);
  expect(done.reduce((sum, count) => sum + count, 0)).toBe(titles);
  expect(reports.map(({ partition }) => partition.initial)).toEqual(INITIALS.slice(0, Math.ceil(titles / 2)));
});

test('titles that a target does not need are left for the next ones', async () => {
  const connection = connect();
  const targets = INITIALS.map((initial) => ({ partition: { year: 2004, initial } }));
  await downloadTargets(connection, index, targets.slice(0, 2));
  const reports = await downloadTargets(connection, index, targets, { limit: 4 });
  expect(reports.map(({ thisRun }) => thisRun.done)).toEqual([0, 0, 3, 1]);
});
