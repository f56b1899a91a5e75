import { describe, expect, it } from 'vitest';
import { findTitlesById } from '../../src/imdb/find-titles.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { buildPartitionIndex } from './build-partition-index.ts';
import { gzipRows, inPieces, SOME_ROWS, titleRow } from './snapshot-file.ts';

const NAME = { day: '2026-11-22', titleTypes: ['movie'] };

describe('findTitlesById', () => {
  it('returns the partition and title of each id, without a partition for titles without a year', async () => {
    const lake = new MemoryLake();
    const index = await buildPartitionIndex({ lake }, inPieces(gzipRows(SOME_ROWS), 100), NAME);
    const ids = ['tt1000001', 'tt0000574', 'tt0100002', 'tt0100006', 'tt0000001', 'tt10000001', 'tt9999999'];
    expect(await findTitlesById({ lake }, index, ids)).toEqual(
      new Map([
        ['tt0000574', { partition: { year: 1906, initial: 'TH' }, title: 'The Story of the Kelly Gang' }],
        ['tt0100002', { partition: { year: 2004, initial: 'AC' }, title: 'Àçoures' }],
        ['tt1000001', { partition: { year: 2004, initial: 'TH' }, title: 'Thea' }],
        ['tt0100006', { partition: undefined, title: 'Unmade' }],
      ]),
    );
  });

  it('finds every title in a rows file of many chunks', async () => {
    const lake = new MemoryLake();
    const titles = ['Ä', 'Zwei', '3', '東京', 'x y', '!'];
    const rows = Array.from({ length: 9_000 }, (_, at) =>
      titleRow(
        `tt${1_000_000 + at}`,
        `${titles[at % 6]} ${'…'.repeat(at % 40)}`,
        at % 7 === 0 ? '\\N' : 1990 + (at % 30),
      ),
    );
    const index = await buildPartitionIndex({ lake }, inPieces(gzipRows(rows), 5_000), NAME);
    const ids = rows.map((row) => row.slice(0, 9));
    const found = await findTitlesById({ lake }, index, ids);
    expect(index.rows.sizeBytes).toBeGreaterThan(400_000);
    expect(found.size).toBe(9_000);
    const initials = ['A_', 'ZW', '3_', 'DO', 'X_', '__'];
    for (const [at, id] of ids.entries()) {
      const partition = at % 7 === 0 ? undefined : { year: 1990 + (at % 30), initial: initials[at % 6] };
      expect(found.get(id)).toEqual({ partition, title: rows[at]?.split('\t')[2] });
    }
  });

  it('reads nothing without ids, and explains that the rows are missing', async () => {
    const lake = new MemoryLake();
    const index = await buildPartitionIndex({ lake }, inPieces(gzipRows(SOME_ROWS), 100), NAME);
    lake.remove(index.rows.key);
    expect(await findTitlesById({ lake }, index, [])).toEqual(new Map());
    await expect(findTitlesById({ lake }, index, ['tt0100001'])).rejects.toThrow(
      'delete imdb/2026-11-22/movie/partitions.json.gz to rebuild the index.',
    );
  });
});
