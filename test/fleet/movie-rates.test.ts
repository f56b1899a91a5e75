import { describe, expect, it } from 'vitest';
import { summarizeManifest } from '../../src/fleet/manifest-summary.ts';
import { learnRates } from '../../src/fleet/movie-rates.ts';
import { manifestOf, SETTINGS } from '../app/synthetic-lake.ts';

const summary = (...given: Parameters<typeof manifestOf>) =>
  summarizeManifest(manifestOf(...given), Date.parse('2026-11-22T10:00:00Z'));

describe('learnRates', () => {
  it.each([
    ['one request a movie and two a miss', SETTINGS, 0.8 + 0.2 * 2],
    ['one more for reviews in another language', { ...SETTINGS, reviewLanguage: 'de-DE' }, 0.8 * 2 + 0.2 * 2],
    ['two a movie and one a miss by /find', { ...SETTINGS, lookup: 'find' as const }, 0.8 * 2 + 0.2],
  ])('assumes %s', (_, settings, requestsPerMovie) => {
    const rates = learnRates([], settings);
    expect(rates.learntFrom).toBe(0);
    expect(rates.requestsPerMovie).toBeCloseTo(requestsPerMovie);
  });

  it('learns from downloads with the same settings', () => {
    const rates = learnRates(
      [
        summary({ year: 2004, initial: 'AD' }, { found: 150, notFound: 50, reviews: 40, requests: 260 }),
        summary({ year: 2004, initial: 'AE' }, { found: 150, notFound: 50, requests: 260 }),
        summary({ year: 2004, initial: 'AF' }, { found: 900, settings: { ...SETTINGS, language: 'fr-FR' } }),
      ],
      SETTINGS,
    );
    expect(rates).toEqual({ foundShare: 0.75, reviewsPerMovie: 0.1, requestsPerMovie: 1.3, learntFrom: 400 });
  });

  it('learns no requests from an outage, and nothing from a handful of movies', () => {
    const outage = summary({ year: 2004, initial: 'AD' }, { found: 300, requests: 9_000, outcome: 'outage' });
    expect(learnRates([outage], SETTINGS)).toMatchObject({ foundShare: 1, requestsPerMovie: 1 });
    const handful = summary({ year: 2004, initial: 'AD' }, { found: 20 });
    expect(learnRates([handful], SETTINGS)).toMatchObject({ foundShare: 0.8, learntFrom: 0 });
  });
});
