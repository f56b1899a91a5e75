import { describe, expect, it } from 'vitest';
import type { ExpectedTitle } from '../../sandbox/catalogue/expected-title.ts';
import { SANDBOX_API_KEY } from '../../sandbox/tmdb/keys.ts';
import { startTmdbStandIn, type TmdbStandInOptions } from '../../sandbox/tmdb-stand-in.ts';
import { verifyLake } from '../../sandbox/verify-lake.ts';
import { downloadPartition } from '../../src/download/download-partition.ts';
import { type Partition, partitionName } from '../../src/partition.ts';
import { createTmdbClient } from '../../src/tmdb/client.ts';
import { createHttpGet } from '../../src/tmdb/http.ts';
import type { LookupSettings } from '../../src/tmdb/look-up-movie.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { makeCatalogue } from './small-catalogue.ts';

const catalogue = makeCatalogue();
const DEFAULTS = { lookup: 'details', language: 'en-US', reviewLanguage: 'en-US', append: [] } as const;

/** Groups IMDb IDs by partition. */
function groupByPartition(titles: ReadonlyMap<string, ExpectedTitle>): Map<string, [Partition, string[]]> {
  const groups = new Map<string, [Partition, string[]]>();
  for (const [imdbId, { partition }] of titles) {
    const name = partitionName(partition);
    const [, ids] = groups.get(name) ?? [partition, []];
    groups.set(name, [partition, [...ids, imdbId]]);
  }
  return groups;
}

/** Downloads the whole catalogue without pacing. @returns a lake report, and the actual and expected states. */
async function downloadAll(settings: LookupSettings, options: Partial<TmdbStandInOptions> = {}) {
  const standIn = await startTmdbStandIn({ catalogue, ...options });
  const clock = createFakeClock();
  const tmdb = createTmdbClient({
    http: createHttpGet({ userAgent: 'test' }),
    pacer: { take: async () => 0, throttled: () => 0, setRate: () => undefined },
    clock,
    random: () => 0.5,
    baseUrl: standIn.url,
    apiKey: SANDBOX_API_KEY,
  });
  const lake = new MemoryLake();
  const titles = catalogue.expectedTitles(settings);
  const states: Record<string, unknown> = {};
  for (const [partition, ids] of groupByPartition(titles).values()) {
    const job = {
      partition,
      snapshot: '2026-11-22',
      titleTypes: ['movie'],
      titles: ids.map((imdbId) => ({ imdbId, title: 'not needed' })),
      settings,
      run: 'run',
    };
    await downloadPartition({ lake, tmdb, clock }, job);
    const manifest = lake.text(`tmdb/manifests/year-${partition.year}/initial-${partition.initial}.json`);
    Object.assign(states, JSON.parse(manifest ?? '{}').titles);
  }
  const stats = standIn.stats();
  await standIn.stop();
  const expected = Object.fromEntries(
    [...titles].map(([imdbId, { state, tmdbId, duplicateOf }]) => [
      imdbId,
      { state, ...(tmdbId && { tmdbId }), ...(duplicateOf && { duplicateOf }) },
    ]),
  );
  return { report: await verifyLake({ lake, catalogue }, { settings }), states, expected, stats };
}

describe('a download of the whole catalogue', () => {
  it.each<[Partial<LookupSettings>, Partial<TmdbStandInOptions>]>([
    [{}, {}],
    [{ lookup: 'find' }, {}],
    [{ reviewLanguage: 'fr-FR', append: ['credits', 'keywords'] }, {}],
    [{}, { faults: { rate: 0.1 } }],
    [{}, { shiftPages: true }],
  ])('writes exactly the expected documents (%j, %j)', async (settings, options) => {
    const { report, states, expected, stats } = await downloadAll({ ...DEFAULTS, ...settings }, options);
    expect(report).toMatchObject({ missing: [], unexpected: [], wrong: [] });
    expect(states).toMatchObject(expected);
    expect(Object.keys(stats.byFault).length > 0).toBe(options.faults !== undefined);
  });

  it('needs 1 request for a movie with at most 20 reviews, and 2 for a miss', async () => {
    const { stats, report } = await downloadAll(DEFAULTS);
    const dated = catalogue.cases.filter(({ row }) => row.startYear !== null);
    const pages = (reviews: number): number => Math.max(1, Math.ceil(reviews / 20));
    const ordinary = dated.filter(({ scenario }) => scenario === 'ordinary');
    const misses = dated.filter(({ scenario }) => scenario === 'miss');
    const requestsFor = (imdbId: string, tmdbId = 0): number =>
      stats.requests.filter(({ path }) =>
        path.split('/').some((part) => part === imdbId || part === String(tmdbId)),
      ).length;
    for (const { row, movie } of ordinary) {
      expect(requestsFor(row.tconst, movie?.tmdbId)).toBe(pages(movie?.reviews ?? 0));
    }
    for (const { row } of misses) expect(requestsFor(row.tconst)).toBe(2);
    expect(report.movies).toBeGreaterThan(100);
  });
});
