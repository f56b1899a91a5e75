import type { Clock } from '../../src/clock.ts';
import { type PartitionIndex, writePartitionMap } from '../../src/imdb/partition-index.ts';
import { indexMapKey, indexRowsKey } from '../../src/lake/keys.ts';
import type { Partition } from '../../src/partition.ts';
import { createTmdbClient, type TmdbClient } from '../../src/tmdb/client.ts';
import { createPacer } from '../../src/tmdb/pacer.ts';
import { API_KEY, movieAnswer } from '../worker/worker-harness.ts';
import { createFakeClock } from './fake-clock.ts';
import { MemoryLake } from './memory-lake.ts';

export const VIRTUAL_SOURCE = { tmdb: 'https://tmdb.test', imdb: 'https://imdb.test' };
/** Latencies in milliseconds, as measured from Lambda or a laptop. */
export const LATENCIES = { tmdbMs: 80, lakeMs: 40, queueMs: 40 };
const DAY = '2026-11-22';
const TYPES = ['movie'];

/** Sizes of partitions in the proportions of IMDb's: 12 titles on average, a quarter of them with one. */
const SIZES = [
  [10, 1],
  [5, 2],
  [4, 3],
  [3, 4],
  [2, 5],
  [2, 6],
  [2, 8],
  [2, 10],
  ...[12, 14, 16, 18, 20, 24, 30, 40, 64, 140].map((titles) => [1, titles] as const),
] as const;

/** Returns the sizes of 40 partitions with 480 titles, or a multiple of that, in the order of a launch: largest first. */
export function imdbSizes(times = 1): number[] {
  return SIZES.toReversed().flatMap(([count, titles]) => new Array<number>(count * times).fill(titles));
}

/**
 * A lake and TMDB in virtual time: code takes none, and every call its latency. So the rate of a download depends neither on
 * the machine nor on its load.
 */
export interface VirtualWorld {
  readonly clock: Clock;
  readonly lake: MemoryLake;
  /** In the order of their sizes, as given. */
  readonly partitions: readonly Partition[];
  /** In the lake, too. */
  readonly index: PartitionIndex;
  /** When each request to TMDB was sent, in milliseconds from the start. */
  readonly sendsMs: readonly number[];
  /** Milliseconds from the start. */
  elapsedMs(): number;
  /** Creates a client with a pacer of its own. */
  createTmdb(requestsPerSecond: number): TmdbClient;
  /** Returns the share of the rate that was used from the first request until `endMs`. */
  rateShare(requestsPerSecond: number, endMs: number): number;
}

/** @param sizes the number of titles of each partition; TMDB knows all of them. */
export function createVirtualWorld(sizes: readonly number[], { tmdbMs, lakeMs } = LATENCIES): VirtualWorld {
  const clock = createFakeClock();
  const startedMs = clock.monotonic();
  const elapsedMs = () => clock.monotonic() - startedMs;
  const lake = new MemoryLake();
  const partitions = sizes.map((_, place) => partitionOfPlace(place));
  const index = putIndex(lake, partitions, sizes);
  lake.beforeCall = (_name, _key, options) => clock.sleep(lakeMs, options?.signal);
  const sendsMs: number[] = [];
  return {
    clock,
    lake,
    partitions,
    index,
    sendsMs,
    elapsedMs,
    createTmdb: (requestsPerSecond) =>
      createTmdbClient({
        http: async (url, { signal }) => {
          sendsMs.push(elapsedMs());
          await clock.sleep(tmdbMs, signal);
          return movieAnswer(url.pathname);
        },
        pacer: createPacer({ requestsPerSecond, clock }),
        clock,
        random: () => 0.5,
        baseUrl: VIRTUAL_SOURCE.tmdb,
        apiKey: API_KEY,
      }),
    rateShare(requestsPerSecond, endMs) {
      const permitted = ((endMs - (sendsMs[0] ?? 0)) / 1_000) * requestsPerSecond;
      return sendsMs.filter((atMs) => atMs <= endMs).length / permitted;
    },
  };
}

/** Adds an index with partitions of these sizes to a lake. */
function putIndex(
  lake: MemoryLake,
  partitions: readonly Partition[],
  sizes: readonly number[],
): PartitionIndex {
  const ranges: Record<number, Record<string, [number, number, number]>> = {};
  const rows: string[] = [];
  let offset = 0;
  for (const [place, { year, initial }] of partitions.entries()) {
    const size = sizes[place] ?? 0;
    for (let title = 0; title < size; title += 1)
      rows.push(`tt${String(rows.length + 1).padStart(7, '0')}\tAdventure\n`);
    const length = size * (rows[0]?.length ?? 0);
    ranges[year] = { ...ranges[year], [initial]: [offset, length, size] };
    offset += length;
  }
  const key = indexRowsKey(DAY, TYPES, 'hash');
  const index: PartitionIndex = {
    snapshot: DAY,
    titleTypes: TYPES,
    rows: { key, etag: lake.put(key, rows.join('')), sizeBytes: offset },
    partitions: ranges,
    withoutYear: { offset, length: 0, count: 0, titles: [] },
    rowCounts: { rows: rows.length, wanted: rows.length, bad: 0 },
  };
  lake.put(indexMapKey(DAY, TYPES), writePartitionMap(index));
  return index;
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';

function partitionOfPlace(place: number): Partition {
  const { length } = LETTERS;
  const initial = `${LETTERS[Math.floor(place / length) % length]}${LETTERS[place % length]}`;
  return { year: 2004 + Math.floor(place / length ** 2), initial };
}
