import { describe, expect, test } from 'vitest';
import { type DamagedDocumentError, listMovies, listReviews } from '../../src/app/list-documents.ts';
import { UsageError } from '../../src/errors.ts';
import { createDirectoryLake } from '../../src/lake/directory/directory-lake.ts';
import { JSON_TYPE, movieKey, reviewKey } from '../../src/lake/keys.ts';
import type { Lake } from '../../src/lake/lake.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const AD_2004 = { year: 2004, initial: 'AD' };
const TH_2004 = { year: 2004, initial: 'TH' };
const AD_2005 = { year: 2005, initial: 'AD' };

/** Three partitions: five movies, three reviews, and a file that is not a document. */
async function fill<Filled extends Lake>(lake: Filled): Promise<Filled> {
  const write = (key: string, document: unknown) => lake.write(key, JSON.stringify(document), JSON_TYPE);
  for (const id of [9, 10, 603]) await write(movieKey(AD_2004, id), { id, title: `Movie ${id}` });
  await write(movieKey(TH_2004, 11), { id: 11 });
  await write(movieKey(AD_2005, 12), { id: 12 });
  for (const id of ['b', 'a']) await write(reviewKey(AD_2004, 603, id), { id, movie_id: 603 });
  await write(reviewKey(AD_2004, 6030, 'c'), { id: 'c', movie_id: 6030 });
  await write('tmdb/movies/year-2004/initial-AD/notes.json', {});
  return lake;
}

async function idsOf<Id>(documents: AsyncIterable<{ readonly id: Id }>): Promise<Id[]> {
  const ids: Id[] = [];
  for await (const { id } of documents) ids.push(id);
  return ids;
}

describe.each([
  ['memory', async () => fill(new MemoryLake())],
  ['a directory', async () => fill(createDirectoryLake({ directory: await makeTempFolder() }))],
] as const)('documents of a lake in %s', (_, open) => {
  test('are read unchanged, in the order of their keys', async () => {
    const lake = await open();
    const movies = listMovies(lake);
    expect((await movies.next()).value).toEqual({ id: 10, title: 'Movie 10' });
    expect(await idsOf(movies)).toEqual([603, 9, 11, 12]);
    expect(await idsOf(listReviews(lake))).toEqual(['a', 'b', 'c']);
  });

  test('can be filtered by year, initial and movie', async () => {
    const lake = await open();
    expect(await idsOf(listMovies(lake, { year: 2004 }))).toEqual([10, 603, 9, 11]);
    expect(await idsOf(listMovies(lake, { initial: 'ad' }))).toEqual([10, 603, 9, 12]);
    expect(await idsOf(listMovies(lake, TH_2004))).toEqual([11]);
    expect(await idsOf(listMovies(lake, { movieId: 12 }))).toEqual([12]);
    expect(await idsOf(listReviews(lake, { ...AD_2004, movieId: 603 }))).toEqual(['a', 'b']);
    expect(await idsOf(listReviews(lake, TH_2004))).toEqual([]);
  });
});

describe('reading documents', () => {
  test('reads as many documents at once as `concurrency` allows', async () => {
    const lake = await fill(new MemoryLake());
    const read = lake.read.bind(lake);
    let openGate = () => {};
    const gate = new Promise<void>((resolve) => {
      openGate = resolve;
    });
    let inFlight = 0;
    lake.read = async (...given) => {
      inFlight += 1;
      if (inFlight > 3) throw new Error('More than three at once.');
      if (inFlight === 3) openGate();
      await gate;
      inFlight -= 1;
      return read(...given);
    };
    expect(await idsOf(listMovies(lake, {}, { concurrency: 3 }))).toHaveLength(5);
  });

  test('stops reading when the caller stops iterating', async () => {
    const lake = await fill(new MemoryLake());
    for await (const movie of listMovies(lake, {}, { concurrency: 1 })) {
      expect(movie.id).toBe(10);
      break;
    }
    expect(lake.calls.filter(({ name }) => name === 'read')).toHaveLength(1);
  });

  test.each([
    ['{"id": 1', 'it is not valid JSON'],
    ['[]', 'it has no valid "id"'],
    ['{"id": "9"}', 'it has no valid "id"'],
  ])('throws for the damaged document %s an error with its key and what to do', async (text, problem) => {
    const lake = await fill(new MemoryLake());
    lake.put(movieKey(AD_2004, 603), text);
    const ids: number[] = [];
    const iterate = async () => {
      for await (const { id } of listMovies(lake)) ids.push(id);
    };
    await expect(iterate()).rejects.toThrow(
      `The document memory://lake/${movieKey(AD_2004, 603)} is damaged (${problem}): download its partition again, for example with "tdd download --year 2004 --initial AD --refresh".`,
    );
    expect(ids).toEqual([10]);
  });

  test('skips damaged documents when the caller passes onDamaged', async () => {
    const lake = await fill(new MemoryLake());
    lake.put(movieKey(AD_2004, 603), '');
    const damaged: DamagedDocumentError[] = [];
    expect(await idsOf(listMovies(lake, {}, { onDamaged: (error) => damaged.push(error) }))).toEqual([
      10, 9, 11, 12,
    ]);
    expect(damaged.map(({ key }) => key)).toEqual([movieKey(AD_2004, 603)]);
  });

  test('skips a document that was deleted after it was listed, and throws errors of the lake', async () => {
    const lake = await fill(new MemoryLake());
    const read = lake.read.bind(lake);
    lake.read = async (key, options) => (key.includes('603') ? undefined : read(key, options));
    expect(await idsOf(listMovies(lake, AD_2004))).toEqual([10, 9]);
    lake.read = () => Promise.reject(new Error('access denied'));
    await expect(idsOf(listMovies(lake))).rejects.toThrow('access denied');
  });

  test('rejects an invalid year or initial, and stops when its signal is aborted', async () => {
    const lake = await fill(new MemoryLake());
    await expect(idsOf(listMovies(lake, { year: 4 }))).rejects.toThrow(UsageError);
    await expect(idsOf(listReviews(lake, { initial: '?' }))).rejects.toThrow(UsageError);
    const signal = AbortSignal.abort(new Error('stopped'));
    await expect(idsOf(listMovies(lake, {}, { signal }))).rejects.toThrow('stopped');
  });
});
