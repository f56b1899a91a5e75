import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorsOf, existsInCheckout, PAGES, readPage, root, withoutCode } from './docs/pages.ts';

const DOCUMENTS = ['ARCHITECTURE.md', 'CONTRIBUTING.md'];
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};
const sources = ['src', 'sandbox', 'test', 'bin'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((path) => join(folder, path)),
);
const fileNames = new Set(sources.map((path) => basename(path)));

describe.each(DOCUMENTS)('%s', (name) => {
  const text = readFileSync(join(root, name), 'utf8');
  const quoted = [...text.matchAll(/`([^`\n]+)`/g)].map(([, code = '']) => code);

  it.each(
    quoted.filter((code) => /^(?:src|sandbox|test|bin|docs)\/[\w./-]*$/.test(code) && !code.includes('NAME')),
  )('names %s, which is there', (path) => expect(existsSync(join(root, path))).toBe(true));

  it.each(quoted.filter((code) => /^[\w-]+\.ts$/.test(code)))('names an existing file %s', (file) =>
    expect(fileNames).toContain(file),
  );

  it.each([...text.matchAll(/npm run ([\w:]+)/g)].map(([, script = '']) => script))(
    'names an existing script in npm run %s',
    (script) => expect(scripts).toHaveProperty([script]),
  );

  it.each(
    [...text.matchAll(/`(\w+)` in `(src\/[\w./-]+\.ts)`/g)].map(([, symbol = '', path = '']) => [
      symbol,
      path,
    ]),
  )('says that %s is in %s, and it is', (symbol, path) => {
    expect(readFileSync(join(root, path), 'utf8')).toMatch(
      new RegExp(`(?:function|const|class|interface|async) ${symbol}\\b|\\b${symbol}\\(`),
    );
  });
});

const links = PAGES.flatMap((path) =>
  [...withoutCode(readPage(path)).matchAll(/\]\((?!https?:)([^)\s]+)\)/g)].map(([, link = '']) => [
    path,
    link,
  ]),
);

it.each(links)('%s links to an existing page: %s', (path, link) => {
  const [file = '', anchor] = link.split('#');
  const target = file === '' ? path : join(dirname(path), file);
  expect(existsInCheckout(target)).toBe(true);
  if (anchor !== undefined) expect(anchorsOf(readPage(target))).toContain(anchor);
});
