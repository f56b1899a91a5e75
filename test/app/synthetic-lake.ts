import type { Counts, Manifest, TitleState } from '../../src/download/manifest.ts';
import type { PartitionIndex, PartitionRange } from '../../src/imdb/partition-index.ts';
import { manifestKey } from '../../src/lake/keys.ts';
import type { Lake } from '../../src/lake/lake.ts';
import type { Partition } from '../../src/partition.ts';

export const SETTINGS: Manifest['settings'] = {
  lookup: 'details',
  language: 'en-US',
  reviewLanguage: 'en-US',
  append: [],
};
const SNAPSHOT = '2026-11-22';

/** Creates an index with these numbers of movies: `{2004: {AD: 3}}`. */
export function indexOf(
  partitions: Record<string, Record<string, number>>,
  { snapshot = SNAPSHOT, withoutYear = 0, bad = 0 } = {},
): PartitionIndex {
  const ranges: Record<string, Record<string, PartitionRange>> = {};
  for (const [year, initials] of Object.entries(partitions)) {
    ranges[year] = Object.fromEntries(
      Object.entries(initials).map(([initial, count]) => [initial, [0, 1, count] as const]),
    );
  }
  return {
    snapshot,
    titleTypes: ['movie'],
    rows: { key: 'imdb/x', etag: '"x"', sizeBytes: 1 },
    partitions: ranges,
    withoutYear: {
      offset: 0,
      length: 0,
      count: withoutYear,
      titles: Array.from({ length: Math.min(withoutYear, 100) }, (_, n) => ({
        imdbId: `tt${String(n).padStart(7, '0')}`,
        title: `Nameless ${n}`,
      })),
    },
    rowCounts: { rows: 1, wanted: 1, bad },
  };
}

/** Creates an index with a number of partitions of 1 to 120 movies each. */
export function largeIndex(partitions: number): PartitionIndex {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
  const map: Record<string, Record<string, number>> = {};
  for (let n = 0; n < partitions; n += 1) {
    const year = 2000 + (n % 26);
    const cell = Math.floor(n / 26);
    const initial = `${letters[cell % 36]}${letters[Math.floor(cell / 36) % 36]}`;
    map[year] = { ...map[year], [initial]: 1 + ((n * 7919) % 120) };
  }
  return indexOf(map);
}

/** The record of a part that nothing reads. */
const PART = { rows: 0, bytes: 20, sha256: 'f'.repeat(64) };

/**
 * Creates a manifest whose titles were all completed at `at`; the rest of `titles` is left. A complete one has its parts,
 * unless `tables` is `false`, as in manifests of earlier versions.
 */
export function manifestOf(
  partition: Partition,
  given: Partial<Counts> & {
    readonly at?: string;
    readonly snapshot?: string;
    readonly settings?: Manifest['settings'];
    readonly run?: string;
    readonly outcome?: Manifest['lastRun']['outcome'];
    readonly requests?: number;
    readonly parts?: boolean;
  } = {},
): Manifest {
  const {
    found = 0,
    notFound = 0,
    refused = 0,
    failed = 0,
    reviews = 0,
    at = '2026-11-22T09:58:00.000Z',
    parts = true,
  } = given;
  const titles: Record<string, TitleState> = {};
  let next = 0;
  const add = (count: number, state: TitleState) => {
    for (let n = 0; n < count; n += 1) titles[`tt${String(next++).padStart(7, '0')}`] = state;
  };
  add(found, { state: 'found', tmdbId: 550, reviews: 0, at });
  add(notFound, { state: 'notFound', at });
  add(refused, { state: 'refused', reason: 'code 44', at });
  add(failed, { state: 'failed', reason: '503', tries: 8, at });
  const total = given.titles ?? next;
  const complete = found + notFound + refused === total;
  return {
    partition: { year: partition.year, initial: partition.initial },
    snapshot: given.snapshot ?? SNAPSHOT,
    settings: given.settings ?? SETTINGS,
    complete,
    counts: { titles: total, found, notFound, refused, failed, reviews },
    lastRun: {
      run: given.run ?? 'run-1',
      startedAt: at,
      endedAt: at,
      outcome: given.outcome ?? (complete ? 'complete' : failed > 0 ? 'failedTitles' : 'partial'),
      requests: given.requests ?? found + 2 * notFound,
    },
    titles,
    ...(complete && parts && { parts: { movies: PART, reviews: PART } }),
  };
}

/** Lets the first movie of a manifest lack 20 reviews. */
export function withMissingReviews(manifest: Manifest): Manifest {
  const [first] = Object.entries(manifest.titles);
  const titles = first && { [first[0]]: { ...first[1], missingReviews: 20 } };
  return {
    ...manifest,
    counts: { ...manifest.counts, missingReviews: 20 },
    titles: { ...manifest.titles, ...titles },
  };
}

/** Writes a manifest to a lake. */
export async function putManifest(lake: Lake, manifest: Manifest): Promise<void> {
  await lake.write(manifestKey(manifest.partition), `${JSON.stringify(manifest)}\n`, 'application/json');
}
