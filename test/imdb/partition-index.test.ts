import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  findPartition,
  listPartitions,
  parsePartitionMap,
  readPartition,
  readPartitionIndex,
  writePartitionMap,
} from '../../src/imdb/partition-index.ts';
import { initialOf } from '../../src/imdb/title-partition.ts';
import { createDirectoryLake } from '../../src/lake/directory/directory-lake.ts';
import { indexMapKey } from '../../src/lake/keys.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { buildPartitionIndex } from './build-partition-index.ts';
import { gzipRows, inPieces, SOME_ROWS, titleRow } from './snapshot-file.ts';

const NAME = { day: '2026-11-22', titleTypes: ['movie'] };

describe('the partition index', () => {
  it('lists the titles of each partition, sorted by id, and those without a year', async () => {
    const lake = new MemoryLake();
    const index = await buildPartitionIndex({ lake }, inPieces(gzipRows(SOME_ROWS), 100), NAME);
    expect(listPartitions(index)).toMatchObject([
      { year: 1906, initial: 'TH', titles: 1 },
      { year: 1940, initial: 'SW', titles: 1 },
      { year: 2004, initial: 'AC', titles: 1 },
      { year: 2004, initial: 'A_', titles: 1 },
      { year: 2004, initial: 'TH', titles: 4 },
      { year: 2004, initial: '__', titles: 1 },
    ]);
    expect(await readPartition({ lake }, index, { year: 2004, initial: 'TH' })).toEqual([
      { imdbId: 'tt0100001', title: 'The Heroes' },
      { imdbId: 'tt0100004', title: 'Theodora 北京' },
      { imdbId: 'tt10000000', title: 'The Eighth Digit' },
      { imdbId: 'tt1000001', title: 'Thea' },
    ]);
    expect(await readPartition({ lake }, index, { year: 1940, initial: 'SW' })).toEqual([
      { imdbId: 'tt0033122', title: '"Swing it" magistern' },
    ]);
    expect(await readPartition({ lake }, index, { year: 2005, initial: 'TH' })).toEqual([]);
    expect(index.withoutYear).toMatchObject({ count: 1, titles: [{ imdbId: 'tt0100006', title: 'Unmade' }] });
    expect(index.rowCounts).toEqual({ rows: 12, wanted: 10, bad: 0 });
    expect(await readPartitionIndex({ lake }, NAME)).toEqual(index);
  });

  it('accepts movies announced for the next century', async () => {
    const rows = [titleRow('tt5174640', '100 Years', 2115), titleRow('tt0000001', 'A Slip', 2990)];
    const index = await buildPartitionIndex({ lake: new MemoryLake() }, inPieces(gzipRows(rows), 100), NAME);
    expect(listPartitions(index)).toMatchObject([{ year: 2115, initial: '10', titles: 1 }]);
    expect(index.rowCounts).toEqual({ rows: 2, wanted: 1, bad: 1 });
  });

  it('is not built from a list whose wanted rows are all invalid', async () => {
    const lake = new MemoryLake();
    const rows = [titleRow('tt0000001', 'Short', 1999, 'short'), titleRow('nm0000001', 'A Name', 1999)];
    await expect(buildPartitionIndex({ lake }, inPieces(gzipRows(rows), 100), NAME)).rejects.toThrow(
      'has no valid row of the wanted title types, and 1 of its 2 rows are invalid',
    );
    expect(lake.calls).toEqual([]);
  });

  it('drops duplicate ids and sorts an unsorted list', async () => {
    const rows = [
      titleRow('tt2000000', 'Three', 2001),
      titleRow('tt0000009', 'Ten', 1999),
      titleRow('tt2000000', 'Thirty', 2001),
      titleRow('tt10000000', 'Team', 1999),
      titleRow('tt0000009', 'Other', 2005),
      titleRow('tt1000000', 'Tea', 1999),
      titleRow('tt1000001', 'Teal', 1999),
    ];
    const lake = new MemoryLake();
    const index = await buildPartitionIndex({ lake }, inPieces(gzipRows(rows), 100), NAME);
    expect(index.rowCounts).toEqual({ rows: 7, wanted: 5, bad: 0 });
    expect(listPartitions(index)).toMatchObject([
      { year: 1999, initial: 'TE', titles: 4 },
      { year: 2001, initial: 'TH', titles: 1 },
    ]);
    expect(lake.text(index.rows.key)).toBe(
      'tt0000009\tTen\ntt1000000\tTea\ntt10000000\tTeam\ntt1000001\tTeal\ntt2000000\tThree\n',
    );
  });

  it('does not depend on the order of the list, so that the rows file always has the same key', async () => {
    const lake = new MemoryLake();
    const one = await buildPartitionIndex({ lake }, inPieces(gzipRows(SOME_ROWS), 100), NAME);
    const rows = [...SOME_ROWS].reverse();
    expect(await buildPartitionIndex({ lake }, inPieces(gzipRows(rows), 7), NAME)).toEqual(one);
    expect(lake.keys()).toEqual([one.rows.key, indexMapKey(NAME.day, NAME.titleTypes)]);
  });

  it('has contiguous ranges that cover the whole rows file', async () => {
    const lake = new MemoryLake();
    const rows = Array.from({ length: 3_000 }, (_, at) =>
      titleRow(
        `tt${1_000_000 + at}`,
        `${at * 7_919}`.repeat(1 + (at % 90)),
        at % 11 ? 1900 + (at % 120) : '\\N',
      ),
    );
    const index = await buildPartitionIndex({ lake }, inPieces(gzipRows(rows), 65_536), NAME);
    let offset = 0;
    let count = 0;
    for (const partition of listPartitions(index)) {
      const range = findPartition(index, partition);
      expect(range?.[0]).toBe(offset);
      const titles = await readPartition({ lake }, index, partition);
      expect(titles).toHaveLength(range?.[2] ?? 0);
      for (const { title } of titles) expect(initialOf(title)).toBe(partition.initial);
      offset += range?.[1] ?? 0;
      count += titles.length;
    }
    expect(index.withoutYear).toMatchObject({ offset, length: index.rows.sizeBytes - offset });
    expect(index.withoutYear.titles).toHaveLength(100);
    expect(count + index.withoutYear.count).toBe(3_000);
    expect(index.rowCounts).toEqual({ rows: 3_000, wanted: 3_000, bad: 0 });
  });

  it('is written rows first and map last, and not at all from a truncated list', async () => {
    const lake = new MemoryLake();
    const index = await buildPartitionIndex({ lake }, inPieces(gzipRows(SOME_ROWS), 100), NAME);
    expect(lake.calls.map(({ name, key }) => [name, key])).toEqual([
      ['compareAndSwap', index.rows.key],
      ['write', indexMapKey(NAME.day, NAME.titleTypes)],
    ]);
    const empty = new MemoryLake();
    const truncated = gzipRows(SOME_ROWS).subarray(0, 200);
    await expect(buildPartitionIndex({ lake: empty }, inPieces(truncated, 100), NAME)).rejects.toThrow(
      'is truncated',
    );
    expect(empty.calls).toEqual([]);
  });

  it('can be built concurrently', async () => {
    const lake = new MemoryLake();
    const build = (rows: readonly string[]) =>
      buildPartitionIndex({ lake }, inPieces(gzipRows(rows), 100), NAME);
    const [one, two, other] = await Promise.all([
      build(SOME_ROWS),
      build(SOME_ROWS),
      build(SOME_ROWS.slice(5)),
    ]);
    expect(one).toEqual(two);
    // Whichever builder wrote the map last, all maps refer to existing rows.
    for (const index of [one, other, await readPartitionIndex({ lake }, NAME)]) {
      const titles = index && (await readPartition({ lake }, index, { year: 2004, initial: 'TH' }));
      expect(titles?.map(({ imdbId }) => imdbId)).toContain('tt1000001');
    }
  });

  it('keeps existing rows, so that the version to which a map refers does not change', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'tdd-index-'));
    try {
      const lake = createDirectoryLake({ directory });
      const build = () => buildPartitionIndex({ lake }, inPieces(gzipRows(SOME_ROWS), 100), NAME);
      const [one, two] = await Promise.all([build(), build()]);
      const three = await build();
      expect(two.rows).toEqual(one.rows);
      expect(three.rows).toEqual(one.rows);
      expect(await readPartition({ lake }, one, { year: 2004, initial: 'AC' })).toEqual([
        { imdbId: 'tt0100002', title: 'Àçoures' },
      ]);
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

describe('readPartition', () => {
  it('takes two reads: the map, and the rows of the partition', async () => {
    const lake = new MemoryLake();
    await buildPartitionIndex({ lake }, inPieces(gzipRows(SOME_ROWS), 100), NAME);
    lake.calls.length = 0;
    const index = await readPartitionIndex({ lake }, NAME);
    const titles = index && (await readPartition({ lake }, index, { year: 2004, initial: 'AC' }));
    expect(titles).toEqual([{ imdbId: 'tt0100002', title: 'Àçoures' }]);
    expect(lake.calls).toMatchObject([{ name: 'read' }, { name: 'readRange', bytes: 20 }]);
  });

  it('uses the new index if the old one was replaced and its rows removed', async () => {
    const lake = new MemoryLake();
    const old = await buildPartitionIndex({ lake }, inPieces(gzipRows(SOME_ROWS.slice(0, 4)), 100), NAME);
    await buildPartitionIndex({ lake }, inPieces(gzipRows(SOME_ROWS), 100), NAME);
    lake.remove(old.rows.key);
    expect(await readPartition({ lake }, old, { year: 2004, initial: 'TH' })).toHaveLength(4);
  });

  it('reads a copied lake, whose objects have other versions', async () => {
    const lake = new MemoryLake();
    const index = await buildPartitionIndex({ lake }, inPieces(gzipRows(SOME_ROWS), 100), NAME);
    const moved = { ...index, rows: { ...index.rows, etag: '"of the first bucket"' } };
    lake.put(indexMapKey(NAME.day, NAME.titleTypes), writePartitionMap(moved));
    expect(await readPartition({ lake }, moved, { year: 2004, initial: 'TH' })).toHaveLength(4);
  });

  it('says what to delete when the rows are missing or damaged', async () => {
    const lake = new MemoryLake();
    const index = await buildPartitionIndex({ lake }, inPieces(gzipRows(SOME_ROWS), 100), NAME);
    for (const damage of [() => lake.put(index.rows.key, 'short'), () => lake.remove(index.rows.key)]) {
      damage();
      await expect(readPartition({ lake }, index, { year: 2004, initial: 'TH' })).rejects.toThrow(
        `Cannot read the titles of partition 2004/TH, because memory://lake/${index.rows.key} is missing or damaged: delete imdb/2026-11-22/movie/partitions.json.gz`,
      );
    }
  });

  it('returns no titles for a partition that is not in the index', async () => {
    const lake = new MemoryLake();
    const index = await buildPartitionIndex({ lake }, inPieces(gzipRows(SOME_ROWS), 100), NAME);
    for (const partition of [
      { year: 2004, initial: 'ZZ' },
      { year: 1890, initial: 'TH' },
    ]) {
      expect(await readPartition({ lake }, index, partition)).toEqual([]);
    }
  });
});

describe('the map of the index', () => {
  it('stays under 512 KB for 40,000 partitions', () => {
    const partitions: Record<string, Record<string, [number, number, number]>> = {};
    let offset = 0;
    for (let number = 0; number < 40_000; number++) {
      const year = 1894 + Math.floor(number / 300);
      const letter = (at: number) => '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ'.charAt(at % 36);
      const initial = letter(Math.floor((number % 300) / 10)) + letter(number % 10);
      const count = 1 + ((number * 7_919) % 97);
      const length = count * 29 + ((number * 104_729) % 613);
      partitions[year] ??= {};
      partitions[year][initial] = [offset, length, count];
      offset += length;
    }
    const index = {
      snapshot: '2026-11-22',
      titleTypes: ['movie'],
      rows: { key: 'rows', etag: '"1"', sizeBytes: offset },
      partitions,
      withoutYear: { offset, length: 0, count: 0, titles: [] },
      rowCounts: { rows: 1, wanted: 1, bad: 0 },
    };
    const body = writePartitionMap(index);
    expect(body.length).toBeLessThan(512 * 1024);
    const read = parsePartitionMap(body);
    expect(read).toEqual(index);
    expect(read && listPartitions(read)).toHaveLength(40_000);
  });
});
