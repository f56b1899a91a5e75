import { describe, expect, it } from 'vitest';
import { estimateFleet, learnRates } from '../../src/fleet/estimate.ts';
import { summarizeManifest } from '../../src/fleet/manifest-summary.ts';
import { manifestOf, SETTINGS } from '../app/synthetic-lake.ts';

const BUDGET = { requestsPerSecond: 40, workers: 4, memorySize: 512 };
const RATES = { requestsPerMovie: 1.2, foundShare: 0.8, reviewsPerMovie: 0.1, learntFrom: 0 };
const partitions = (count: number, left: number) => Array.from({ length: count }, () => ({ left }));
const summary = (...given: Parameters<typeof manifestOf>) =>
  summarizeManifest(manifestOf(...given), Date.parse('2026-11-22T10:00:00Z'));

describe('estimateFleet', () => {
  it('forecasts hours and a few dollars for the whole catalogue', () => {
    const estimate = estimateFleet(partitions(9_000, 61), BUDGET, RATES);
    expect(estimate).toMatchObject({ requests: 658_800, boundBy: 'rate' });
    expect(estimate.seconds / 3600).toBeCloseTo(4.65, 1);
    const { s3, lambda, sqs, total, pricesOf } = estimate.dollars;
    expect(s3).toBeCloseTo(2.68, 1);
    expect(lambda).toBeCloseTo(0.47, 1);
    expect(sqs).toBeLessThan(0.05);
    expect(total).toBeCloseTo(s3 + lambda + sqs);
    expect(pricesOf).toMatch(/^us-east-1, \d{4}-\d\d$/);
  });

  it('rounds dollars to four decimals, so that thirty movies do not look free', () => {
    const { s3, lambda, sqs, total } = estimateFleet([{ left: 30 }], BUDGET, RATES).dollars;
    for (const dollars of [s3, lambda, sqs, total]) expect(String(dollars)).toMatch(/^0(\.\d{1,4})?$/);
    expect(total).toBeGreaterThan(0);
  });

  it('forecasts idle workers when there are too few partitions', () => {
    const one = estimateFleet([{ left: 1_000 }], BUDGET, RATES);
    expect(one.boundBy).toBe('partitions');
    expect(one.seconds).toBeCloseTo((1_200 / 10) * 1.015);
  });

  it('takes at least the time of the largest partition', () => {
    const estimate = estimateFleet([{ left: 3_000 }, ...partitions(30, 100)], BUDGET, RATES);
    expect(estimate.boundBy).toBe('partitions');
    expect(estimate.seconds).toBeCloseTo((3_600 / 10) * 1.015);
  });

  it('includes the minimum time of each partition when partitions are tiny', () => {
    expect(estimateFleet(partitions(1_000, 1), BUDGET, RATES).seconds).toBeCloseTo((1_000 / 4) * 0.2);
  });

  it("is bound by a worker's connections when its share of the rate is high", () => {
    const estimate = estimateFleet(partitions(200, 1_000), { ...BUDGET, requestsPerSecond: 1_000 }, RATES);
    expect(estimate.boundBy).toBe('connections');
  });

  it('includes the two parts that each partition gets', () => {
    const s3Of = (count: number, left: number) =>
      estimateFleet(partitions(count, left), BUDGET, RATES).dollars.s3;
    // Per partition more: two manifests, two parts, and three reads.
    expect(s3Of(10_000, 10) - s3Of(1_000, 100)).toBeCloseTo(9_000 * (4 * 0.000_005 + 3 * 0.000_000_4), 2);
  });

  it('includes reading the documents of partitions that only need their parts, which takes no request', () => {
    const estimate = estimateFleet(
      Array.from({ length: 9_000 }, () => ({ left: 0, documentsToRead: 60 })),
      BUDGET,
      RATES,
    );
    expect(estimate).toMatchObject({ requests: 0, documentsToRead: 540_000, boundBy: 'documents' });
    expect(estimate.seconds).toBeCloseTo((9_000 * 60) / 200 / 4);
    // 540,000 GETs, and per partition two parts, two manifests and three reads.
    expect(estimate.dollars.s3).toBeCloseTo(0.216 + 9_000 * (4 * 0.000_005 + 3 * 0.000_000_4), 2);
  });

  it('forecasts no time for an empty plan', () => {
    expect(estimateFleet([], BUDGET, RATES)).toMatchObject({ requests: 0, seconds: 0 });
  });

  it('never forecasts more time for more workers with the same budget when there is enough work', () => {
    const few = estimateFleet(partitions(9_000, 61), { ...BUDGET, workers: 2 }, RATES);
    const many = estimateFleet(partitions(9_000, 61), { ...BUDGET, workers: 50 }, RATES);
    expect(many.seconds).toBeLessThanOrEqual(few.seconds);
    expect(many.requests).toBe(few.requests);
  });
});

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
