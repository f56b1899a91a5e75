import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatDollars, formatDuration } from '../../src/cli/format.ts';
import { estimateDownload, estimateFleet } from '../../src/fleet/estimate.ts';
import { learnRates } from '../../src/fleet/movie-rates.ts';
import { PRICES } from '../../src/fleet/prices.ts';
import { formatCount } from '../../src/text.ts';
import { readPage, root, sectionOf, tableRows } from './pages.ts';

const PAGE = 'docs/operations.md';
const page = readPage(PAGE);
const text = page.replaceAll(/\s+/g, ' ');
const RATES = learnRates([], {
  lookup: 'details',
  language: 'en-US',
  reviewLanguage: 'en-US',
  append: [],
});
const FLEET = { requestsPerSecond: 40, workers: 4, memorySize: 512 };
const MONTH = new Date(PRICES.date).toLocaleDateString('en-US', {
  month: 'long',
  year: 'numeric',
  timeZone: 'UTC',
});
const HEADER =
  '| movies | number | partitions | requests | time | to a directory | to a bucket | with a fleet |\n';

const numberIn = (cell = '') => Number(cell.replaceAll(',', ''));
const rows = tableRows(page.split(HEADER)[1]?.split('\n\n')[0] ?? '');

/** Partitions of about the same size. */
function spread(movies: number, partitions: number): { left: number }[] {
  const upTo = (place: number) => Math.floor((movies * place) / partitions);
  return Array.from({ length: partitions }, (_, place) => ({ left: upTo(place + 1) - upTo(place) }));
}

function forecast(movies: number, partitions: number) {
  const work = spread(movies, partitions);
  const { requestsPerSecond } = FLEET;
  return {
    fleet: estimateFleet(work, FLEET, RATES),
    bucket: estimateDownload(work, { requestsPerSecond, lake: 'bucket' }, RATES),
  };
}

/** Returns the row of the table with the forecast of its movies and partitions. */
function withForecast([movies = '', number, partitions]: readonly string[]): string {
  const { fleet, bucket } = forecast(numberIn(number), numberIn(partitions));
  const cells = [
    ...[movies, number, partitions, formatCount(fleet.requests), formatDuration(bucket.seconds), 'free'],
    ...[bucket.dollars?.total ?? 0, fleet.dollars.total].map(formatDollars),
  ];
  return `| ${cells.join(' | ')} |`;
}

describe('docs/operations.md', () => {
  it('forecasts what downloads take and cost as the commands do', async () => {
    const start = page.indexOf(HEADER) + HEADER.length;
    const end = page.indexOf('\n\n', start);
    const [line = ''] = page.slice(start).split('\n');
    const table = [line, ...rows.map(withForecast)].join('\n');
    const updated = page.slice(0, start) + table + page.slice(end);
    await expect(updated).toMatchFileSnapshot(join(root, PAGE));
  });

  it.each(rows.map(([movies = '', number, partitions]) => [movies, numberIn(number), numberIn(partitions)]))(
    'says that a fleet takes as long for the movies %s, and that Lambda and SQS are within the free tier',
    (_, movies, partitions) => {
      const { fleet, bucket } = forecast(Number(movies), Number(partitions));
      expect(fleet.seconds - bucket.seconds).toBeLessThan(Math.max(3, bucket.seconds / 100));
      expect(fleet.dollars.lambda / PRICES.lambdaPerGbSecond).toBeLessThan(400_000);
      expect(fleet.dollars.sqs / PRICES.sqsPerRequest).toBeLessThan(1_000_000);
    },
  );

  it('derives the number of new movies in a day from two counts of the list', () => {
    const [, before = ''] = /On 17 May 2020, it had ([\d,]+)/.exec(text) ?? [];
    const days = (Date.parse('2026-11-26') - Date.parse('2020-05-17')) / 86_400_000;
    const perDay = (numberIn(rows[0]?.[1]) - numberIn(before)) / days;
    expect(numberIn(rows.at(-1)?.[1])).toBe(Math.round(perDay / 5) * 5);
  });

  it.each([
    ['the month', `list prices for ${PRICES.region} as of ${MONTH}, without free tiers`],
    ['a thousand PUT requests', `$${(PRICES.s3PerPut * 1_000).toFixed(3)} per 1,000`],
    ['500,000 GET requests', `500,000 GET requests to S3 cost $${(PRICES.s3PerGet * 500_000).toFixed(2)}`],
    ['storage', `$${PRICES.s3PerGbMonth} per GB and month`],
    // Five connections with polls of 20 seconds, in a month of 30 days.
    ['polling', `$${((5 / 20) * 86_400 * 30 * PRICES.sqsPerRequest).toFixed(2)}. \`tdd pause\` stops that`],
  ])('names the list prices: %s', (_, price) => expect(text).toContain(price));
});

describe('README.md', () => {
  it('has the same forecasts as docs/operations.md', () => {
    const [titles = [], ...short] = tableRows(sectionOf(readPage('README.md'), '## What it costs'));
    const [allTitles = []] = tableRows(HEADER);
    expect(short.length).toBeGreaterThan(2);
    for (const cells of short) {
      const row = rows.find(([movies]) => movies === cells[0]) ?? [];
      expect(cells).toEqual(titles.map((title) => row[allTitles.indexOf(title)]));
    }
  });
});
