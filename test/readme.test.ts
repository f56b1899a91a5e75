import { describe, expect, it } from 'vitest';
import { COMMAND_NAMES } from '../src/cli/program.ts';
import { estimateFleet } from '../src/fleet/estimate.ts';
import { learnRates } from '../src/fleet/movie-rates.ts';
import { readPage } from './docs/pages.ts';

const readme = readPage('README.md');
const packageJson = JSON.parse(readPage('package.json'));

const MAX_WORDS = 1_200;
/** The average number of movies in a partition of IMDb's list. */
const MOVIES_PER_PARTITION = 12;

describe('README.md', () => {
  it('is short', () => expect(readme.split(/\s+/).length).toBeLessThanOrEqual(MAX_WORDS));

  it('has the two commands and the scripts that they run', () => {
    expect(readme).toContain('    npm ci && npm start\n');
    expect(readme).toContain('    npm ci && npm test\n');
    expect(Object.keys(packageJson.scripts)).toEqual(
      expect.arrayContaining(['start', 'test', 'build', 'bench']),
    );
    expect(readPage('.ci/run')).toMatch(/npm ci\n(?:.*\n)*npm test -- --coverage\n$/);
  });

  it.each(COMMAND_NAMES)('has a line for tdd %s', (name) =>
    expect(readme).toContain(`| [\`tdd ${name}\`](docs/commands.md#tdd-${name}) | `),
  );

  it('forecasts a full launch as tdd launch does', () => {
    const [, number = ''] = /For ([\d,]+) movies/.exec(readme) ?? [];
    const movies = Number(number.replaceAll(',', ''));
    const partitions = Array.from({ length: Math.round(movies / MOVIES_PER_PARTITION) }, () => ({
      left: MOVIES_PER_PARTITION,
    }));
    const settings = { lookup: 'details', language: 'en-US', reviewLanguage: 'en-US', append: [] } as const;
    const budget = { requestsPerSecond: 40, workers: 4, memorySize: 512 };
    const { requests, seconds, dollars } = estimateFleet(partitions, budget, learnRates([], settings));
    const text = readme.replaceAll(/\s+/g, ' ');
    expect(text).toContain(
      `${(Math.round(requests / 10_000) * 10_000).toLocaleString('en-US')} TMDB requests`,
    );
    expect(text).toContain(`${(seconds / 3_600).toFixed(1)} hours`);
    expect(text).toContain(`$${dollars.total.toFixed(2)} at list prices`);
    expect(text).toContain(`S3 write requests are $${dollars.s3.toFixed(2)} of that`);
  });

  it('names the terms of both sources', () => {
    const text = readme.replaceAll(/\s+/g, ' ');
    expect(text).toContain('This product uses the TMDB API but is not endorsed or certified by TMDB.');
    expect(text).toContain('Information courtesy of IMDb (https://www.imdb.com). Used with permission.');
  });
});
