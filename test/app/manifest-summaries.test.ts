import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  createSummaryCacheFile,
  readManifestSummaries,
  type SummaryCache,
} from '../../src/app/manifest-summaries.ts';
import { listPartitions } from '../../src/imdb/partition-index.ts';
import { manifestKey } from '../../src/lake/keys.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { largeIndex, manifestOf, putManifest } from './synthetic-lake.ts';

describe('readManifestSummaries', () => {
  let folder: string;
  let lake: MemoryLake;
  let cache: SummaryCache;
  const clock = createFakeClock();
  const partitions = listPartitions(largeIndex(9_000));
  const [first, second, third] = partitions;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tdd-cache-'));
    lake = new MemoryLake();
    cache = createSummaryCacheFile(join(folder, 'deep'), lake.url);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const look = (options = {}) => readManifestSummaries({ lake, cache, clock }, options);
  const put = (partition: (typeof partitions)[number] | undefined, found: number) =>
    partition &&
    putManifest(lake, {
      ...manifestOf(partition, { found, titles: partition.titles, parts: partition.year % 2 === 0 }),
      idHash: 'abcdefgh',
      ...(partition.year % 3 === 0 && { titleTypes: ['movie', 'short'] }),
    });

  it('reads 9,000 manifests once, then only those that have changed', async () => {
    for (const partition of partitions) await put(partition, Math.min(2, partition.titles));
    const before = await look();
    expect([before.read, before.byPartition.size]).toEqual([9_000, 9_000]);

    await put(second, 1);
    await put(third, 0);
    lake.remove(manifestKey(first ?? { year: 0, initial: '' }));
    const after = await look();
    expect([after.read, after.byPartition.size]).toEqual([2, 8_999]);
    expect(after.byPartition.get(`${second?.year}/${second?.initial}`)?.counts.found).toBe(1);
    expect((await look()).read).toBe(0);

    // The cached summaries are the same as fresh ones.
    const fresh = await readManifestSummaries({ lake, clock });
    expect(new Map([...(await look()).byPartition].sort())).toEqual(new Map([...fresh.byPartition].sort()));
    expect((await cache.read())?.length).toBeLessThan(9_000 * 300);
  });

  it('ignores a cache of another lake and a damaged cache', async () => {
    await put(first, 1);
    await look();
    const other = new MemoryLake('memory://other');
    expect((await readManifestSummaries({ lake: other, cache, clock })).byPartition.size).toBe(0);
    await cache.write('{"version":1,"lakeUrl":"memory://lake","rows":[[1]]');
    expect((await look()).read).toBe(1);
    await cache.write('{"version":1,"lakeUrl":"memory://lake","settings":[],"rows":[[2004,"AD"]]}');
    expect((await look()).read).toBe(1);
  });

  it('works when the cache cannot be written', async () => {
    await writeFile(join(folder, 'deep'), 'a file in the way');
    await put(first, 1);
    expect((await look()).byPartition.size).toBe(1);
  });

  it('reports its progress, and stops when it is aborted', async () => {
    for (const partition of partitions.slice(0, 100)) await put(partition, 1);
    const seen: number[] = [];
    await look({ onProgress: ({ read, total }: { read: number; total: number }) => seen.push(read / total) });
    expect([seen.length, seen.at(-1)]).toEqual([100, 1]);
    const ending = new AbortController();
    const onProgress = () => ending.abort(new Error('cancelled'));
    const fresh = { lake, clock };
    await expect(readManifestSummaries(fresh, { signal: ending.signal, onProgress })).rejects.toThrow(
      'cancelled',
    );
  });
});
