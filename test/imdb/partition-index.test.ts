import { describe, expect, it } from 'vitest';
import { buildPartitionIndex } from '../../src/imdb/partition-index.ts';
import { listPartitions } from '../../src/imdb/partition-map.ts';
import { readPartition, readPartitionIndex } from '../../src/imdb/read-partition.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { gzipRows, inPieces, SOME_ROWS } from './snapshot-file.ts';

const NAME = { day: '2026-11-22', titleTypes: ['movie'] };

describe('the partition index', () => {
  it('gives each partition its titles, sorted by id, and names those without a year', async () => {
    const lake = new MemoryLake();
    const index = await buildPartitionIndex({ lake }, inPieces(gzipRows(SOME_ROWS), 100), NAME);
    expect(listPartitions(index)).toEqual([
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
});
