import { describe, expect, it } from 'vitest';
import { type Manifest, mergeManifests, type TitleState } from '../../src/download/manifest.ts';

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

const found = (at: string): TitleState => ({ state: 'found', tmdbId: 1, reviews: 3, at });
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

  it('drops titles downloaded under other settings', () => {
    const ours = manifest({ tt0000002: found(EARLY) });
    expect(mergeManifests(manifest({ tt0000001: found(LATE) }, 'de-DE'), ours, listed)).toEqual(ours);
  });
});
