import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { readPage, root, tableRows } from './pages.ts';

const rows = tableRows(readPage('docs/operations.md'));
const source = readFileSync(`${root}/src/worker/decide-next.ts`, 'utf8');

it.each([
  ['outcome', 'kind'],
  ['next.action', 'action'],
])("docs/operations.md lists the worker log's values of %s", (field, property) => {
  const listed = [
    ...(rows.find(([first]) => first === `\`${field}\``)?.[1] ?? '').matchAll(/`([a-zA-Z]+)`/g),
  ];
  const declared = [...source.matchAll(new RegExp(`readonly ${property}: '(\\w+)'`, 'g'))];
  const values = (matches: RegExpMatchArray[]) => matches.map(([, value]) => value).sort();
  expect(values(listed)).toEqual(values(declared));
});
