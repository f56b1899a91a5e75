import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ImdbStandIn, startImdbStandIn } from '../../sandbox/imdb-stand-in.ts';
import { SnapshotGoneError } from '../../src/imdb/snapshot-error.ts';
import { createKeptIndex, readTitles } from '../../src/worker/read-titles.ts';
import { buildPartitionIndex } from '../imdb/build-partition-index.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { MemoryLake } from '../support/memory-lake.ts';

const TODAY = '2026-11-22';
const SNAPSHOT = gzipSync(
  [
    'tconst\ttitleType\tprimaryTitle\toriginalTitle\tisAdult\tstartYear\tendYear\truntimeMinutes\tgenres',
    'tt0000001\tmovie\tAdventure\tAdventure\t0\t2004\t\\N\t90\tDrama',
    'tt0000002\tmovie\tThe Other\tThe Other\t0\t2004\t\\N\t90\tDrama',
    '',
  ].join('\n'),
);
const PARTITION = { year: 2004, initial: 'AD' };
const TITLES = [{ imdbId: 'tt0000001', title: 'Adventure' }];

describe('readTitles', () => {
  let imdb: ImdbStandIn;
  beforeAll(async () => {
    imdb = await startImdbStandIn({ source: SNAPSHOT });
  });
  afterAll(() => imdb.stop());

  function createDeps(lake = new MemoryLake()) {
    const clock = createFakeClock(Date.parse(`${TODAY}T23:59:00Z`));
    return { lake, clock, datasetsUrl: imdb.url, userAgent: 'test', titleTypes: ['movie'] };
  }
  const signal = new AbortController().signal;

  it("builds today's index when the lake has none, and downloads IMDb's list once", async () => {
    const deps = createDeps();
    const before = imdb.stats().downloads;
    expect(await readTitles(deps, PARTITION, TODAY, signal)).toEqual(TITLES);
    expect(await readTitles(deps, { ...PARTITION, initial: 'ZZ' }, TODAY, signal)).toEqual([]);
    expect(imdb.stats().downloads - before).toBe(1);
  });

  it('builds an index once for all messages of a worker', async () => {
    const deps = { ...createDeps(), kept: createKeptIndex() };
    const before = imdb.stats().downloads;
    const read = () => readTitles(deps, PARTITION, TODAY, signal);
    expect(await Promise.all([read(), read(), read()])).toEqual([TITLES, TITLES, TITLES]);
    expect(imdb.stats().downloads - before).toBe(1);
  });

  it('reads the index of an older day', async () => {
    const deps = createDeps();
    await buildPartitionIndex(deps, Readable.from([SNAPSHOT]), { day: '2026-11-01', titleTypes: ['movie'] });
    const calls = deps.lake.calls.length;
    expect(await readTitles(deps, PARTITION, '2026-11-01', signal)).toEqual(TITLES);
    expect(deps.lake.calls.length - calls).toBe(2);
  });

  it('reads the map of an index once, even for partitions at the same time', async () => {
    const deps = { ...createDeps(), kept: createKeptIndex() };
    const others = { ...deps, kept: createKeptIndex() };
    for (const day of ['2026-11-01', '2026-11-02']) {
      await buildPartitionIndex(deps, Readable.from([SNAPSHOT]), { day, titleTypes: ['movie'] });
    }
    const before = deps.lake.calls.length;
    const readAll = (from: typeof deps, days: readonly string[]) =>
      Promise.all(days.map((day) => readTitles(from, PARTITION, day, signal)));
    expect(await readAll(deps, ['2026-11-01', '2026-11-01', '2026-11-01'])).toEqual([TITLES, TITLES, TITLES]);
    expect(await readTitles(deps, PARTITION, '2026-11-01', signal)).toEqual(TITLES);
    expect(deps.lake.calls.slice(before).map(({ name }) => name)).toEqual([
      'read',
      'readRange',
      'readRange',
      'readRange',
      'readRange',
    ]);
    expect(await readAll(others, ['2026-11-01', '2026-11-02'])).toEqual([TITLES, TITLES]);
    expect(others.kept.index?.snapshot).toBe('2026-11-02');
  });

  it('builds an index again that was deleted after its map was read', async () => {
    const deps = { ...createDeps(), kept: createKeptIndex() };
    await readTitles(deps, PARTITION, TODAY, signal);
    for (const key of deps.lake.keys('imdb/')) if (!key.endsWith('.tsv.gz')) deps.lake.remove(key);
    expect(deps.lake.keys('imdb/')).toHaveLength(1);
    expect(await readTitles(deps, PARTITION, TODAY, signal)).toEqual(TITLES);
    expect(await readTitles(deps, { ...PARTITION, initial: 'TH' }, TODAY, signal)).toHaveLength(1);
  });

  it('builds the index of an older day from the snapshot in the lake', async () => {
    const deps = createDeps();
    deps.lake.put('imdb/title.basics-2026-11-01.tsv.gz', SNAPSHOT);
    expect(await readTitles(deps, PARTITION, '2026-11-01', signal)).toEqual(TITLES);
  });

  it.each(['yesterday 2026-11-21', 'tomorrow 2026-11-23'])(
    'reports that the snapshot of %s is not available',
    async (day) => {
      const deps = createDeps();
      const before = imdb.stats().downloads;
      await expect(readTitles(deps, PARTITION, day.slice(-10), signal)).rejects.toThrow(SnapshotGoneError);
      expect(imdb.stats().downloads).toBe(before);
      expect(deps.lake.keys()).toEqual([]);
      expect(deps.lake.calls.filter(({ name }) => name === 'list')).toHaveLength(1);
    },
  );

  it('does not treat denied access to the lake as a missing snapshot', async () => {
    const deps = createDeps();
    deps.lake.beforeCall = (name) => {
      if (name === 'list') throw new Error('S3 refused it (403).');
    };
    await expect(readTitles(deps, PARTITION, '2026-11-01', signal)).rejects.toThrow('(403)');
  });
});
