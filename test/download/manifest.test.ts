import { describe, expect, it } from 'vitest';
import {
  type Manifest,
  markOverwritten,
  mergeManifests,
  type TitleState,
} from '../../src/download/manifest.ts';
import { hasParts, type Parts } from '../../src/download/manifest-parts.ts';
import { parseManifest } from '../../src/download/parse-manifest.ts';

const EARLY = '2026-11-22T10:00:00.000Z';
const LATE = '2026-11-22T10:00:01.000Z';
const listed = new Set(['tt0000001', 'tt0000002']);

function manifest(titles: Record<string, TitleState>, language = 'en-US'): Manifest {
  return {
    partition: { year: 2004, initial: 'AD' },
    snapshot: '2026-11-22',
    settings: { lookup: 'details', language, reviewLanguage: 'en-US', append: [] },
    complete: false,
    counts: { titles: 2, found: 0, notFound: 0, refused: 0, failed: 0, reviews: 0 },
    lastRun: { run: 'x', startedAt: EARLY, endedAt: LATE, outcome: 'running', requests: 0 },
    titles,
  };
}

const found = (at: string, tmdbId = 1): TitleState => ({ state: 'found', tmdbId, reviews: 3, at });
const failed = (at: string): TitleState => ({ state: 'failed', reason: '503', tries: 8, at });

describe('mergeManifests', () => {
  it.each([
    ['the later state', found(EARLY), failed(LATE), 'failed'],
    ['the later state', failed(LATE), found(EARLY), 'failed'],
    ['the later state', failed(EARLY), found(LATE), 'found'],
    ['found over failed at the same instant', found(EARLY), failed(EARLY), 'found'],
    ['found over failed at the same instant', failed(EARLY), found(EARLY), 'found'],
  ])('keeps %s', (_, theirs, ours, state) => {
    const merged = mergeManifests(manifest({ tt0000001: theirs }), manifest({ tt0000001: ours }), listed);
    expect(merged.titles.tt0000001?.state).toBe(state);
  });

  it('combines the titles of both, counts them, and detects completion', () => {
    const merged = mergeManifests(
      manifest({ tt0000001: found(EARLY) }),
      manifest({ tt0000002: { state: 'notFound', at: LATE } }),
      listed,
    );
    expect(merged).toMatchObject({
      complete: true,
      counts: { titles: 2, found: 1, notFound: 1, reviews: 3 },
    });
  });
});

it.each([
  [undefined, undefined, undefined],
  [undefined, ['tvMovie'], ['movie', 'tvMovie']],
  [['short'], ['short'], ['short']],
])('merges the title types %j and %j to %j', (theirs, ours, merged) => {
  const of = (titleTypes: string[] | undefined) => ({ ...manifest({}), ...(titleTypes && { titleTypes }) });
  expect(mergeManifests(of(theirs), of(ours), listed).titleTypes).toEqual(merged);
});

describe('markOverwritten', () => {
  const mark = (theirs: Manifest, ids: string[]) =>
    markOverwritten(theirs, manifest({ tt0000002: found(EARLY) }), new Set(ids), listed);

  it('marks the titles, and those that share a movie with them, as failed; everything else stays', () => {
    const theirs = manifest({ tt0000001: found(EARLY), tt0000003: found(EARLY, 3) }, 'fr-FR');
    const { titles, ...marked } = mark(theirs, ['tt0000002']);
    expect(titles).toMatchObject({
      tt0000001: { state: 'failed', reason: 'a run with other settings has overwritten its documents' },
      tt0000002: { state: 'failed' },
      tt0000003: { state: 'found' },
    });
    expect(marked).toMatchObject({
      settings: { language: 'fr-FR' },
      complete: false,
      counts: { titles: 2, found: 0, failed: 2 },
      lastRun: theirs.lastRun,
    });
  });

  it('wins over states that the other run has not written yet', () => {
    const theirs = manifest({}, 'fr-FR');
    const next = manifest({ tt0000002: found('2026-11-22T10:00:06.000Z') }, 'fr-FR');
    const marked = mark(theirs, ['tt0000002']);
    expect(mergeManifests(marked, next, listed).titles.tt0000002?.state).toBe('failed');
  });
});

it('a run whose titles another run has changed is not complete', () => {
  const complete = { ...manifest({ tt0000001: found(EARLY), tt0000002: found(EARLY) }), complete: true };
  const ours: Manifest = { ...complete, lastRun: { ...complete.lastRun, outcome: 'complete' } };
  expect(mergeManifests(manifest({ tt0000001: failed(LATE) }), ours, listed)).toMatchObject({
    complete: false,
    lastRun: { outcome: 'failedTitles' },
  });
});

describe('the parts of a manifest', () => {
  const record = { rows: 1, bytes: 20, sha256: 'ab' };
  const parts = (rows: number, outdated?: string[]): Parts => ({
    movies: { ...record, rows },
    reviews: record,
    ...(outdated && { outdated }),
  });
  const withParts = (titles: Record<string, TitleState>, kept: Parts): Manifest => ({
    ...manifest(titles),
    parts: kept,
  });

  it('are current while the partition is complete and no title has changed', () => {
    expect(hasParts({ complete: true, parts: parts(1) })).toBe(true);
    expect(hasParts({ complete: true, parts: parts(1, []) })).toBe(true);
    expect(hasParts({ complete: true, parts: parts(1, ['tt0000001']) })).toBe(false);
    expect(hasParts({ complete: false, parts: parts(1) })).toBe(false);
    expect(hasParts({ complete: true })).toBe(false);
  });

  it.each<[string, Manifest, Manifest, Parts | undefined]>([
    [
      'those in the lake, with the titles that this run has changed or added',
      withParts({ tt0000001: found(EARLY), tt0000003: found(EARLY) }, parts(1, ['tt0000004'])),
      withParts({ tt0000001: found(LATE), tt0000002: found(LATE), tt0000003: found(EARLY) }, parts(2)),
      parts(1, ['tt0000001', 'tt0000002', 'tt0000004']),
    ],
    [
      'those of this run, with the titles that another run has changed',
      manifest({ tt0000001: found(LATE), tt0000002: found(EARLY) }),
      withParts({ tt0000001: found(EARLY), tt0000002: found(EARLY) }, parts(2)),
      parts(2, ['tt0000001']),
    ],
    [
      'those in the lake, if no title differs',
      withParts({ tt0000001: found(LATE) }, parts(1)),
      withParts({ tt0000001: failed(EARLY) }, parts(2, ['tt0000001'])),
      parts(1),
    ],
    [
      'those of both, if they are the same',
      withParts({ tt0000001: found(EARLY) }, parts(3)),
      withParts({ tt0000001: found(EARLY) }, parts(3)),
      parts(3),
    ],
    ['none, if neither has any', manifest({ tt0000001: found(EARLY) }), manifest({}), undefined],
  ])('are, after a merge, %s', (_, theirs, ours, expected) => {
    expect(mergeManifests(theirs, ours, listed).parts).toEqual(expected);
  });

  it('are outdated, after a merge, for titles that this run has written, even if their states are the same', () => {
    const [theirs, ours] = [parts(1), parts(2)].map((kept) => withParts({ tt0000001: found(EARLY) }, kept));
    if (!theirs || !ours) throw new Error('missing');
    const merged = mergeManifests(theirs, ours, listed, ['tt0000001']);
    expect(merged.parts).toEqual(parts(1, ['tt0000001']));
    expect(mergeManifests(theirs, theirs, listed, ['tt0000001']).parts).toEqual(parts(1));
  });

  it.each([
    [
      'current if a run that has ended has the same, even if it calls some outdated',
      'complete',
      1,
      undefined,
    ],
    ['outdated if a run that still downloads calls them so', 'running', 1, ['tt0000001', 'tt0000002']],
    ['outdated if a run that has ended has others', 'complete', 2, ['tt0000001', 'tt0000002']],
  ] as const)('just written are, after a merge, %s', (_, outcome, rows, outdated) => {
    const titles = { tt0000001: found(EARLY) };
    const other = { ...record, rows, sha256: String(rows) };
    const theirs = { movies: other, reviews: record, outdated: ['tt0000001', 'tt0000002'] };
    const composed = { movies: { ...record, sha256: '1' }, reviews: record };
    const { lastRun } = manifest(titles);
    const before: Manifest = { ...withParts(titles, theirs), lastRun: { ...lastRun, outcome } };
    const merge = (after: Manifest['titles']) =>
      mergeManifests(before, withParts(after, composed), listed, ['tt0000001'], {
        parts: composed,
        titles: after,
      });
    const merged = merge(titles);
    expect(merged.parts?.outdated).toEqual(outdated);
    // They were composed before this run knew what the other one has written.
    expect(merge({ tt0000001: failed('2026-11-20T10:00:00.000Z') }).parts?.outdated).toContain('tt0000001');
    expect(merge({}).parts?.outdated).toContain('tt0000001');
  });

  it('are outdated for titles that a run with other settings has overwritten', () => {
    const theirs = withParts({ tt0000001: found(EARLY), tt0000003: found(EARLY, 3) }, parts(2));
    const marked = markOverwritten(theirs, manifest({}, 'fr-FR'), new Set(['tt0000001']), listed);
    expect(marked.parts).toEqual(parts(2, ['tt0000001']));
  });

  it.each([
    undefined,
    null,
    {},
    { movies: record },
    { movies: record, reviews: { rows: 1 } },
    { ...parts(1), outdated: 'x' },
  ])('count as absent when they are %j', (damaged) => {
    const text = JSON.stringify({ ...manifest({ tt0000001: found(EARLY) }), parts: damaged });
    expect(parseManifest(text, 'x')).toEqual(manifest({ tt0000001: found(EARLY) }));
  });

  it('are kept when the manifest is read', () => {
    const stored = withParts(
      { tt0000001: { ...found(EARLY), reviewIds: ['a'] } as TitleState },
      parts(1, ['tt0000001']),
    );
    expect(parseManifest(JSON.stringify(stored), 'x')).toEqual(stored);
    const damaged = JSON.stringify(stored).replace('["a"]', '[1]');
    expect(() => parseManifest(damaged, 'x')).toThrow('is not a manifest');
  });
});
