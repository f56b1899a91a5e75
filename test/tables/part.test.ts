import { gunzipSync, gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { parsePartKey, partKey } from '../../src/lake/keys.ts';
import { encodePart, readPart, writePart } from '../../src/tables/part.ts';
import { MemoryLake } from '../support/memory-lake.ts';

const partition = { year: 2004, initial: 'AD' };
const KEY = 'tmdb/tables/movies/year=2004/initial=AD/movies.jsonl.gz';
let lake: MemoryLake;

beforeEach(() => {
  lake = new MemoryLake();
});

async function write(lines: Iterable<string> | AsyncIterable<string>) {
  return writePart({ lake }, 'movies', partition, await encodePart(lines));
}

describe('the key of a part', () => {
  it.each(['movies', 'reviews'] as const)('names its table and partition (%s)', (table) => {
    expect(parsePartKey(partKey(table, partition))).toEqual({ table, partition });
  });

  it.each([
    KEY.replace('/movies.', '/reviews.'),
    KEY.replace('.gz', ''),
    KEY.replace('AD', 'A'),
    KEY.replaceAll('movies', 'titles'),
    'tmdb/movies/year-2004/initial-AD/tmdb-movie-1.json',
  ])('is not %s', (key) => {
    expect(parsePartKey(key)).toBeUndefined();
  });
});

describe('a part', () => {
  it.each([
    ['no lines', []],
    ['one line', ['{"title":"Ädelsten"}']],
    [
      'many lines',
      Array.from({ length: 5_000 }, (_, id) => JSON.stringify({ id, text: 'word '.repeat(40) })),
    ],
    ['a long line', [`"${'🎬'.repeat(400_000)}"`]],
  ])('of %s contains what was written', async (_, lines) => {
    const record = await write(lines);
    expect(record).toMatchObject({ rows: lines.length, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(await readPart({ lake }, 'movies', partition, record)).toEqual(lines);
  });

  it('is one gzip member with a line feed after each line, and is not decompressed on the way', async () => {
    const { bytes } = await write(['{"id":1}', '{"id":2}']);
    const object = await lake.read(KEY);
    expect(object?.body.length).toBe(bytes);
    expect(gunzipSync(object?.body ?? '').toString()).toBe('{"id":1}\n{"id":2}\n');
    expect(lake.contentType(KEY)).toBe('application/gzip');
  });

  it('has the same bytes whenever and wherever it is written', async () => {
    const lines = ['{"id":1}', '{"id":2}'];
    async function* slowly() {
      yield* lines;
    }
    const { body, record } = await encodePart(slowly());
    expect(await encodePart(lines)).toEqual({ body, record });
    expect([...body.subarray(0, 10)]).toEqual([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]);
  });

  it('has the same bytes as one that is compressed at once, however large it is', async () => {
    const lines = Array.from({ length: 3_000 }, (_, id) =>
      JSON.stringify({ id, text: 'word '.repeat(id % 80) }),
    );
    const expected = gzipSync(`${lines.join('\n')}\n`);
    expected[9] = 255;
    expect((await encodePart(lines)).body).toEqual(expected);
  });

  it('is not accepted when it is missing, or another one than the record describes', async () => {
    const old = await write(['{"id":1}']);
    const record = await write(['{"id":2}']);
    expect(await readPart({ lake }, 'movies', partition, old)).toBeUndefined();
    expect(await readPart({ lake }, 'reviews', partition, record)).toBeUndefined();
    lake.put(KEY, Buffer.alloc(record.bytes));
    expect(await readPart({ lake }, 'movies', partition, record)).toBeUndefined();
  });

  it('is not written when a line cannot be read, or after an abort', async () => {
    async function* broken() {
      yield '{}';
      throw new Error('The lake is gone.');
    }
    await expect(encodePart(broken())).rejects.toThrow('The lake is gone.');
    const reason = new Error('enough');
    const signal = AbortSignal.abort(reason);
    await expect(encodePart(['{}'], { signal })).rejects.toBe(reason);
  });
});
