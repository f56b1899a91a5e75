import pc from 'picocolors';
import { describe, expect, test } from 'vitest';
import { type DownloadPlanResult, formatDownloadOfPlan } from '../../src/cli/format-download-plan.ts';

const style = {
  ...pc.createColors(false),
  columns: 80,
  redact: (text: string) => text,
  command: (line: string) => line,
};

/** The result of a download that left a partition incomplete, as far as it is formatted. */
const PARTIAL = {
  lake: '/lake',
  planned: 2,
  report: {
    outcome: 'partial',
    partitions: { total: 2, complete: 1, incomplete: 1 },
    thisRun: {
      total: 5,
      done: 5,
      found: 4,
      notFound: 1,
      refused: 0,
      failed: 0,
      reviews: 2,
      requests: 5,
      throttled: 0,
    },
    failures: [],
    refusals: [],
    missingReviews: 0,
    setAside: [],
    seconds: 2,
  },
} as unknown as DownloadPlanResult;

test.each([
  [
    'another run',
    {},
    'Another run has changed titles in the meantime: run the same command again for the rest.',
  ],
  ['the limit', { limit: 5 }, 'The limit is reached: run the same command again for further titles.'],
])('a download says that titles are left because of %s', (_, options, reason) => {
  const [first, ...rest] = formatDownloadOfPlan({ ...PARTIAL, ...options }, style).split('\n');
  expect(first).toMatch(/^✔ 1 of 2 partitions complete: 4 found, 1 not found, 0 failed/);
  expect(rest).toEqual(['Lake: /lake', reason]);
});

test.each([
  [{ requests: 5, throttled: 0 }, ', 5 requests, 2.0 s.'],
  [{ requests: 1_005, throttled: 3 }, ', 1,005 requests (3 throttled by TMDB), 2.0 s.'],
])('a download says how many requests were throttled (%j)', (sent, end) => {
  const { report } = PARTIAL;
  if (report === undefined) throw new Error('There is no report.');
  const result = { ...PARTIAL, report: { ...report, thisRun: { ...report.thisRun, ...sent } } };
  expect(formatDownloadOfPlan(result, style).split('\n')[0]?.endsWith(end)).toBe(true);
});

/** The plan of a dry run, as far as it is formatted. */
const PLAN = {
  lake: 's3://films',
  snapshot: '2026-11-25',
  filters: { minYear: 2000, maxYear: 2026 },
  planned: 3,
  upToDate: 0,
  partsOnly: 0,
  movies: 440,
  moviesToAsk: 440,
  requestsPerSecond: 40,
  sizes: [],
  largest: [],
  withoutYear: { count: 0, titles: [] },
  badRows: 0,
  notes: [],
  partitions: [],
  estimate: {
    requests: 528,
    documentsToRead: 0,
    seconds: 20,
    boundBy: 'rate',
    dollars: { s3: 0.02, total: 0.02, pricesOf: 'us-east-1, 2026-06' },
    basis: { requestsPerMovie: 1.2, foundShare: 0.8, reviewsPerMovie: 0.1, learntFrom: 0 },
  },
} as unknown as DownloadPlanResult;

describe('a plan says', () => {
  const wide = { ...style, columns: 200 };
  const { basis } = PLAN.estimate;
  const measured = { ...basis, reviewsPerMovie: 2.6, learntFrom: 500 };
  test.each([
    [
      'that it assumes the reviews',
      {},
      /cost +\$0\.02 {2}S3 requests; assuming 0\.10 reviews per movie; list prices for/,
    ],
    [
      'how many reviews it has measured',
      { estimate: { ...PLAN.estimate, basis: measured } },
      /cost +\$0\.02 {2}S3 requests; 2\.60 reviews per movie; list prices for/,
    ],
    [
      'nothing about requests and reviews when there are none',
      { moviesToAsk: 0, estimate: { ...PLAN.estimate, requests: 0 } },
      /TMDB requests +0 *\n.*\ncost +\$0\.02 {2}S3 requests; list prices for/,
    ],
    [
      'how many movies the lake has when there is a limit',
      { limit: 300, moviesToAsk: 300, beyondLimit: 11 },
      /movies +440 {2}129 already in the lake, 300 to download, 11 beyond the limit\n/,
    ],
    [
      'how many movies it downloads of an empty lake when there is a limit',
      { limit: 440 },
      /movies +440 {2}440 to download\n/,
    ],
  ])('%s', (_, given, line) => {
    expect(formatDownloadOfPlan({ ...PLAN, ...given }, wide)).toMatch(line);
  });
});
