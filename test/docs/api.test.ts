import { expect, it } from 'vitest';
import * as api from '../../src/index.ts';
import { PAGES, readPage, sectionOf, tableRows } from './pages.ts';

const named = tableRows(sectionOf(readPage('docs/api.md'), '## The public API'))
  .slice(1)
  .flatMap(([names = '']) => [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name));

it('docs/api.md lists everything that src/index.ts exports, and nothing else', () => {
  expect(named.sort()).toEqual(Object.keys(api).sort());
});

it.each(PAGES)('the examples in %s import what the package exports', (path) => {
  const imports = readPage(path).matchAll(/import \{([^}]*)\} from 'tmdb-distributed-downloader'/g);
  for (const [, names = ''] of imports) {
    for (const name of names.split(',')) expect(Object.keys(api)).toContain(name.trim());
  }
});
