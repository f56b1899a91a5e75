import { expect, it } from 'vitest';
import { hashIds, hashIdsOfRows } from '../../src/imdb/id-hash.ts';

it.each([
  ['no rows', []],
  ['a row', [['tt0000001', 'Carmencita']]],
  [
    'IDs of different lengths, and titles with umlauts',
    [
      ['tt0000009', 'Ä'],
      ['tt10000000', 'tt0000001'],
      ['tt9999999', ''],
    ],
  ],
])('hashes the IDs of rows like the IDs alone: %s', (_, rows) => {
  const text = rows.map(([id, title]) => `${id}\t${title}\n`).join('');
  const ids = rows.map(([id]) => id ?? '');
  expect(hashIdsOfRows(Buffer.from(text))).toBe(hashIds(ids));
  expect(hashIds(ids.toReversed())).toBe(hashIds(ids));
});
