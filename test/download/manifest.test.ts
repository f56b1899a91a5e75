import { describe, expect, it } from 'vitest';
import {
  type Manifest,
  markOverwritten,
  mergeManifests,
  type TitleState,
} from '../../src/download/manifest.ts';

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
