import pc from 'picocolors';
import { expect, test } from 'vitest';
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
  ['another run', {}, 'Another run has changed some partitions: run the same command again for the rest.'],
  ['the limit', { limit: 5 }, 'The limit is reached: run the same command again for further titles.'],
])('a download says that titles are left because of %s', (_, options, reason) => {
  const [first, ...rest] = formatDownloadOfPlan({ ...PARTIAL, ...options }, style).split('\n');
  expect(first).toMatch(/^✔ 1 of 2 partitions complete: 4 found, 1 not found, 0 failed/);
  expect(rest).toEqual(['Lake: /lake', reason]);
});

test.each([
  [{ requests: 5, throttled: 0 }, ', 5 requests, 2 s.'],
  [{ requests: 1_005, throttled: 3 }, ', 1,005 requests (3 throttled by TMDB), 2 s.'],
])('a download says how many requests were throttled (%j)', (sent, end) => {
  const { report } = PARTIAL;
  if (report === undefined) throw new Error('There is no report.');
  const result = { ...PARTIAL, report: { ...report, thisRun: { ...report.thisRun, ...sent } } };
  expect(formatDownloadOfPlan(result, style).split('\n')[0]?.endsWith(end)).toBe(true);
});
