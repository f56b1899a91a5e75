import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCatalogue } from '../../sandbox/catalogue.ts';
import { type ImdbStandIn, startImdbStandIn } from '../../sandbox/imdb-stand-in.ts';
import { ensurePartitionIndex } from '../../src/imdb/build-index.ts';
import { listPartitions, type PartitionIndex, readPartition } from '../../src/imdb/partition-index.ts';
import { initialOf } from '../../src/imdb/title-partition.ts';
import { partitionName } from '../../src/partition.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { MemoryLake } from '../support/memory-lake.ts';

const catalogue = createCatalogue({ initialOf });
const lake = new MemoryLake();
let imdb: ImdbStandIn;
let index: PartitionIndex;

beforeAll(async () => {
  imdb = await startImdbStandIn({ source: catalogue });
  const clock = createFakeClock(Date.UTC(2026, 10, 22, 12));
  const deps = { lake, clock, datasetsUrl: imdb.url, userAgent: 'test' };
  index = await ensurePartitionIndex(deps, { day: '2026-11-22', titleTypes: ['movie'] });
  await ensurePartitionIndex(deps, { day: '2026-11-22', titleTypes: ['movie'] });
});
afterAll(() => imdb.stop());

describe("the partition index of a catalogue's list", () => {
  it('has the expected partitions and IDs', async () => {
    const expected = new Map<string, string[]>();
    for (const [imdbId, { partition }] of catalogue.expectedTitles()) {
      const name = partitionName(partition);
      expected.set(name, [...(expected.get(name) ?? []), imdbId]);
    }
    const indexed = new Map<string, string[]>();
    for (const partition of listPartitions(index)) {
      const titles = await readPartition({ lake }, index, partition);
      indexed.set(
        partitionName(partition),
        titles.map(({ imdbId }) => imdbId),
      );
    }
    expect([...indexed.keys()].sort()).toEqual([...expected.keys()].sort());
    for (const [name, ids] of expected) expect(indexed.get(name)?.sort()).toEqual(ids.sort());
  });

  it('counts movies without a year and malformed lines', () => {
    const withoutYear = catalogue.cases.filter(({ row }) => row.startYear === null);
    expect(index.withoutYear.count).toBe(withoutYear.length);
    expect(index.rowCounts).toEqual({
      rows: catalogue.rows.length + catalogue.badLines.length,
      wanted: catalogue.cases.length,
      bad: catalogue.badLines.length,
    });
  });

  it('downloads the list once', () => {
    expect(imdb.stats().downloads).toBe(1);
  });
});
