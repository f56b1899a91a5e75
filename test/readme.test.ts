import { describe, expect, it } from 'vitest';
import { COMMAND_NAMES } from '../src/cli/program.ts';
import { readPage } from './docs/pages.ts';

const readme = readPage('README.md');
const packageJson = JSON.parse(readPage('package.json'));

const MAX_WORDS = 1_200;

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

  it('names the terms of both sources', () => {
    const text = readme.replaceAll(/\s+/g, ' ');
    expect(text).toContain('This product uses the TMDB API but is not endorsed or certified by TMDB.');
    expect(text).toContain('Information courtesy of IMDb (https://www.imdb.com). Used with permission.');
  });
});
