import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../src/download/manifest.ts';
import { completeFilters, type FleetFilters, parseAge } from '../../src/fleet/filters.ts';
import { summarizeManifest } from '../../src/fleet/manifest-summary.ts';
import { planFleet } from '../../src/fleet/plan.ts';
import { partitionName } from '../../src/partition.ts';
import { indexOf, manifestOf, SETTINGS, withMissingReviews } from '../app/synthetic-lake.ts';

const NOW = Date.parse('2026-11-22T10:00:00Z');
const DAY = 86_400_000;

const INDEX = indexOf(
  { 1999: { AA: 9 }, 2004: { AD: 3, A_: 5, TH: 40 }, 2026: { AD: 7 }, 2027: { ZZ: 2 } },
  { withoutYear: 12, bad: 3 },
);

function plan(given: Partial<FleetFilters> = {}, manifests: readonly Manifest[] = []) {
  const summaries = new Map(
    manifests.map((manifest) => [partitionName(manifest.partition), summarizeManifest(manifest, NOW)]),
  );
  return planFleet({
    index: INDEX,
    filters: completeFilters(given, NOW),
    settings: SETTINGS,
    summaries,
    nowMs: NOW,
  });
}

const names = (planned: ReturnType<typeof plan>) => planned.partitions.map(partitionName);

describe('planFleet', () => {
  it('selects the years from 2000 to this one by default, largest partition first', () => {
    const planned = plan();
    expect(names(planned)).toEqual(['2004/TH', '2026/AD', '2004/A_', '2004/AD']);
    expect(planned).toMatchObject({ movies: 55, left: 55, snapshot: '2026-11-22', titleTypes: ['movie'] });
    expect(planned).not.toHaveProperty('redoBefore');
  });

  it('lists some of the movies without a year, and counts all of them', () => {
    const { withoutYear } = plan();
    expect(withoutYear.count).toBe(12);
    expect(withoutYear.titles).toHaveLength(10);
  });

  it('reports how many rows of the list are malformed', () => {
    expect(plan().badRows).toBe(3);
  });

  it.each<[string, Partial<FleetFilters>, string[]]>([
    ['years', { minYear: 1990, maxYear: 1999 }, ['1999/AA']],
    ['a last year before 2000 alone', { maxYear: 1999 }, ['1999/AA']],
    ['an initial', { initial: 'AD' }, ['2026/AD', '2004/AD']],
    ['the smallest ones', { limit: 2 }, ['2004/A_', '2004/AD']],
    ['more of the smallest than there are', { limit: 9 }, ['2004/TH', '2026/AD', '2004/A_', '2004/AD']],
  ])('narrows down by %s', (_, filters, expected) => {
    expect(names(plan(filters))).toEqual(expected);
  });

  it('sends all partitions by default, and counts the movies still to look up', () => {
    const planned = plan({}, [
      manifestOf({ year: 2004, initial: 'TH' }, { found: 30, notFound: 5, titles: 40 }),
      manifestOf({ year: 2004, initial: 'AD' }, { found: 3 }),
    ]);
    expect(planned.partitions.map(({ year, initial, left }) => [year, initial, left])).toEqual([
      [2026, 'AD', 7],
      [2004, 'TH', 5],
      [2004, 'A_', 5],
      [2004, 'AD', 0],
    ]);
    expect(planned.left).toBe(17);
  });

  it('onlyMissing selects partitions whose manifest is incomplete, of other settings or of another number of titles', () => {
    const manifests = [
      manifestOf({ year: 2004, initial: 'AD' }, { found: 2, notFound: 1 }),
      manifestOf({ year: 2004, initial: 'A_' }, { found: 5, settings: { ...SETTINGS, language: 'de-DE' } }),
      manifestOf({ year: 2004, initial: 'TH' }, { found: 39, snapshot: '2026-11-01' }),
      manifestOf({ year: 2026, initial: 'AD' }, { found: 7, snapshot: '2026-11-01' }),
    ];
    const planned = plan({ onlyMissing: true }, manifests);
    expect(names(planned)).toEqual(['2004/A_', '2004/TH']);
    expect(planned.partitions.map(({ left }) => left)).toEqual([5, 1]);
  });

  it('onlyMissing selects a partition that is complete for another list of the same day, with fewer title types', () => {
    const planned = plan({ onlyMissing: true, initial: 'TH' }, [
      manifestOf({ year: 2004, initial: 'TH' }, { found: 25 }),
    ]);
    expect(names(planned)).toEqual(['2004/TH']);
    expect(planned.left).toBe(15);
  });

  it('onlyMissing also selects complete partitions without parts, in which no movie is left', () => {
    const manifests = [
      manifestOf({ year: 2004, initial: 'AD' }, { found: 3, parts: false }),
      manifestOf({ year: 2004, initial: 'A_' }, { found: 5 }),
      manifestOf({ year: 2004, initial: 'TH' }, { notFound: 40, parts: false }),
    ];
    const planned = plan({ onlyMissing: true }, manifests);
    expect(planned.partitions.map(({ year, initial, left }) => [year, initial, left])).toEqual([
      [2026, 'AD', 7],
      [2004, 'TH', 0],
      [2004, 'AD', 0],
    ]);
    expect(names(plan({ failed: true }, manifests))).toEqual([]);
    // Movies come first: a fleet that ended with partitions left is sent again with the same limit.
    expect(names(plan({ onlyMissing: true, limit: 1 }, manifests))).toEqual(['2026/AD']);
    expect(names(plan({ onlyMissing: true, limit: 1, maxYear: 2004 }, manifests))).toEqual(['2004/AD']);
  });

  it('onlyMissing selects a complete partition whose parts are outdated', () => {
    const { parts, ...manifest } = manifestOf({ year: 2004, initial: 'AD' }, { found: 3 });
    const outdated = { ...manifest, ...(parts && { parts: { ...parts, outdated: ['tt0000001'] } }) };
    expect(names(plan({ onlyMissing: true, initial: 'AD', maxYear: 2004 }, [outdated]))).toEqual(['2004/AD']);
  });

  it.each<[string, string | undefined, string | undefined, string[]]>([
    ['the same IDs', 'a', 'a', []],
    ['as many other IDs', 'a', 'b', ['2004/AD']],
    ['a manifest without a hash', 'a', undefined, []],
    ['an index without a hash', undefined, 'b', []],
  ])('onlyMissing compares the IDs of both lists: %s', (_, ofIndex, ofManifest, expected) => {
    const manifest = manifestOf({ year: 2004, initial: 'AD' }, { found: 3 });
    const hashed = { ...manifest, ...(ofManifest && { idHash: ofManifest }) };
    const planned = planFleet({
      index: { ...INDEX, ...(ofIndex && { idHashes: { 2004: { AD: ofIndex } } }) },
      filters: completeFilters({ onlyMissing: true, initial: 'AD', minYear: 2004, maxYear: 2004 }, NOW),
      settings: SETTINGS,
      summaries: new Map([['2004/AD', summarizeManifest(hashed, NOW)]]),
      nowMs: NOW,
    });
    expect(names(planned)).toEqual(expected);
  });

  it('also selects partitions that the list no longer has, until their manifests have no titles', () => {
    const gone = { year: 2004, initial: 'QQ' };
    const twoGone = manifestOf(gone, { found: 2, snapshot: '2026-11-01' });
    expect(plan({ onlyMissing: true, initial: 'QQ' }, [twoGone])).toMatchObject({
      partitions: [{ ...gone, titles: 0, left: 0 }],
      inRange: 0,
      movies: 0,
      left: 0,
    });
    expect(names(plan({ initial: 'QQ', minYear: 2005 }, [twoGone]))).toEqual([]);
    for (const kept of [
      { ...manifestOf(gone, { titles: 0, snapshot: '2026-11-01' }), titles: twoGone.titles },
      { ...twoGone, titleTypes: ['tvMovie'] },
      { ...twoGone, snapshot: '2026-11-23' },
    ])
      expect(names(plan({ onlyMissing: true, initial: 'QQ' }, [kept]))).toEqual([]);
  });

  it('failed selects partitions with failed titles, and looks up only those titles', () => {
    const planned = plan({ failed: true }, [
      manifestOf({ year: 2004, initial: 'TH' }, { found: 38, failed: 2 }),
      manifestOf({ year: 2004, initial: 'AD' }, { found: 1, titles: 3 }),
    ]);
    expect(names(planned)).toEqual(['2004/TH']);
    expect(planned.left).toBe(2);
  });

  it('failed selects partitions with missing reviews, and looks up only their movies', () => {
    const manifests = [
      withMissingReviews(manifestOf({ year: 2004, initial: 'AD' }, { found: 3 })),
      manifestOf({ year: 2026, initial: 'AD' }, { found: 7 }),
    ];
    expect(plan({ failed: true }, manifests)).toMatchObject({
      partitions: [{ year: 2004, initial: 'AD', left: 1 }],
      left: 1,
    });
    expect(names(plan({ onlyMissing: true }, manifests))).not.toContain('2004/AD');
  });

  it('olderThanMs selects partitions with old titles, and sets redoBefore', () => {
    const manifests = [
      manifestOf({ year: 2004, initial: 'TH' }, { found: 40, at: '2026-10-20T10:30:00.000Z' }),
      manifestOf({ year: 2004, initial: 'AD' }, { found: 3, at: '2026-10-24T10:30:00.000Z' }),
    ];
    const planned = plan({ olderThanMs: 30 * DAY }, manifests);
    expect(names(planned)).toEqual(['2004/TH']);
    expect(planned).toMatchObject({ left: 40, redoBefore: '2026-10-23T10:00:00.000Z' });
  });

  it('selects partitions that match any of several filters', () => {
    const manifests = [
      manifestOf({ year: 2004, initial: 'TH' }, { found: 40, at: '2026-10-20T10:30:00.000Z' }),
      manifestOf({ year: 2004, initial: 'AD' }, { found: 3 }),
    ];
    expect(names(plan({ olderThanMs: 30 * DAY, onlyMissing: true }, manifests))).toEqual([
      '2004/TH',
      '2026/AD',
      '2004/A_',
    ]);
  });

  it('limit selects the smallest partitions with titles left', () => {
    const manifests = [manifestOf({ year: 2004, initial: 'AD' }, { found: 3 })];
    expect(names(plan({ limit: 1 }, manifests))).toEqual(['2004/A_']);
  });
});

describe('completeFilters', () => {
  it.each<[Partial<FleetFilters>, string]>([
    [{ minYear: 2010, maxYear: 2009 }, '--min-year must not be after --max-year (got 2010 and 2009)'],
    [{ minYear: 2200 }, '--min-year must not be after this year unless --max-year is given (got 2200)'],
    [{ limit: 0 }, 'must be a whole number of 1 or more (got 0)'],
    [{ limit: 1.5 }, 'must be a whole number of 1 or more (got 1.5)'],
  ])('rejects %j', (given, message) => {
    expect(() => completeFilters(given, NOW)).toThrow(message);
  });
});

describe('parseAge', () => {
  it.each([
    ['12h', DAY / 2],
    ['30d', 30 * DAY],
    [' 2W ', 14 * DAY],
  ])('reads %s', (text, ms) => {
    expect(parseAge(text)).toBe(ms);
  });

  it.each(['', '30', '0d', '-1d', '1.5d', '6m', '30 d'])('rejects %j', (text) => {
    expect(() => parseAge(text)).toThrow('must be a number of hours, days or weeks');
  });
});
