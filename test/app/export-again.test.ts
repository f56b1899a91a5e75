import { describe, expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { manifestKey, partKey } from '../../src/lake/keys.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import {
  createLake,
  exportAll,
  exportTo,
  filesOf,
  fillLake,
  moviesOf,
  putManifest,
  THREE_YEARS,
  writtenKeys,
} from './export-lake.ts';

const AD = { year: 2004, initial: 'AD' };

/** The files of one year, as CSV. */
const filesOfYear = (year: number): string[] => [
  `movies/year=${year}/tmdb-movies-${year}.csv`,
  `reviews/year=${year}/tmdb-movies-${year}-reviews.csv`,
  `titles/year=${year}/titles-${year}.csv`,
];

describe('the second export of a lake', () => {
  test('writes nothing, and reads no document, manifest or part, if nothing has changed', async () => {
    const lake = await createLake();
    const { target, report } = await exportAll(lake);
    lake.calls.length = 0;
    target.calls.length = 0;
    const second = await exportTo(lake, target);
    expect(second).toMatchObject({ years: { written: [], unchanged: 3 }, tables: report.tables });
    expect(writtenKeys(target)).toEqual([]);
    expect(lake.calls.filter(({ name }) => name === 'read')).toEqual([]);
  });

  test('lists no documents if all partitions have manifests', async () => {
    const lake = await createLake();
    const { target } = await exportAll(lake);
    lake.calls.length = 0;
    await exportTo(lake, target);
    const listed = lake.calls.filter(({ name }) => name === 'list').map(({ key }) => key);
    expect(listed).toEqual(['tmdb/manifests/', 'imdb/']);
  });

  test.each([true, false])(
    'writes only the year that has changed (with manifests: %s)',
    async (withManifests) => {
      const lake = await createLake(THREE_YEARS, { withManifests });
      const { target } = await exportAll(lake);
      await fillLake(lake, { 2003: { AD: 5 } }, { withManifests, text: ' II' });
      target.calls.length = 0;
      const { years } = await exportTo(lake, target);
      expect(years).toEqual({ written: [2003], unchanged: 2 });
      expect(writtenKeys(target).sort()).toEqual(['export.json', ...filesOfYear(2003)]);
      expect(target.text('movies/year=2003/tmdb-movies-2003.csv')).toContain('II');
      expect(filesOf(target)).toEqual((await exportAll(lake)).files);
    },
  );

  test('writes a year again of which a file is missing or has another size', async () => {
    const lake = await createLake();
    const { target, files } = await exportAll(lake);
    target.remove('titles/year=1999/titles-1999.csv');
    target.put('movies/year=2004/tmdb-movies-2004.csv', 'half');
    const { years } = await exportTo(lake, target);
    expect(years).toEqual({ written: [1999, 2004], unchanged: 1 });
    expect(filesOf(target)).toEqual(files);
  });

  test('empties the files of a year that the lake no longer has', async () => {
    const lake = await createLake();
    const { target } = await exportAll(lake);
    for (const key of lake.keys('tmdb/')) if (/year[-=]1999/.test(key)) lake.remove(key);
    const report = await exportTo(lake, target);
    expect(report).toMatchObject({
      years: { written: [1999], unchanged: 2 },
      tables: { movies: { rows: 11 } },
    });
    const [movies = ''] = filesOfYear(1999);
    expect(target.text(movies)?.split('\r\n')[0]).toBeDefined();
    expect(target.text(movies)).not.toContain('tt');
    expect((await exportTo(lake, target)).years).toEqual({ written: [], unchanged: 3 });
  });

  test('leaves years outside the range alone', async () => {
    const lake = await createLake();
    const { target } = await exportAll(lake, { minYear: 2000, maxYear: 2003 });
    expect(target.keys('movies/')).toEqual(['movies/year=2003/tmdb-movies-2003.csv']);
    expect((await exportTo(lake, target, { maxYear: 1999 })).years.written).toEqual([1999]);
    for (const key of lake.keys('tmdb/')) if (/year[-=]1999/.test(key)) lake.remove(key);
    const report = await exportTo(lake, target, { minYear: 2004 });
    expect(report).toMatchObject({ years: { written: [2004] }, tables: { movies: { rows: 16 } } });
  });

  test('refuses another format', async () => {
    const lake = await createLake();
    const { target, files } = await exportAll(lake);
    const second = exportTo(lake, target, { format: 'parquet' });
    await expect(second).rejects.toThrow('contains an export in the format "csv", not "parquet"');
    await expect(second).rejects.toBeInstanceOf(UsageError);
    expect(filesOf(target)).toEqual(files);
  });

  test('of another lake into one place is refused, until its record is deleted', async () => {
    const { target, files } = await exportAll(await createLake());
    const other = new MemoryLake('s3://other');
    await fillLake(other, { 2010: { AD: 2 } });
    const refused = exportTo(other, target);
    await expect(refused).rejects.toThrow(
      's3://export contains an export of the lake "s3://lake", not "s3://other": choose another destination, or, if the lake has moved or is to replace the other, delete s3://export/export.json.',
    );
    await expect(refused).rejects.toBeInstanceOf(UsageError);
    expect(filesOf(target)).toEqual(files);
    target.remove('export.json');
    const report = await exportTo(other, target);
    expect(report).toMatchObject({
      years: { written: [1999, 2003, 2004, 2010] },
      tables: { movies: { rows: 2 } },
    });
    expect(target.text('movies/year=1999/tmdb-movies-1999.csv')).not.toContain('tt');
  });

  test.each([
    ['nonsense', 'is not the record of an export'],
    ['{"version":1,"format":"csv","years":{"2004":{}}}', 'is not the record of an export'],
    ['{"version":2}', 'was written by a newer version of tdd (format 2): update tdd.'],
  ])('refuses the record %j', async (record, problem) => {
    const target = new MemoryLake('s3://export');
    target.put('export.json', record);
    await expect(exportTo(await createLake(), target)).rejects.toThrow(problem);
  });
});

describe('the export of a lake with parts', () => {
  const [ZU, EMPTY] = [
    { year: 2004, initial: 'ZU' },
    { year: 2004, initial: '__' },
  ];

  test('reads each manifest and part once, and none of the parts without reviews', async () => {
    const lake = await createLake({ 2004: { AD: 3, ZU: 1, __: 0 } });
    await exportAll(lake);
    lake.calls.length = 0;
    expect((await exportAll(lake)).report.documentsRead).toBe(0);
    const read = lake.calls.filter(({ name }) => name === 'read').map(({ key }) => key);
    const partitions = [AD, ZU, EMPTY].flatMap((partition) => [
      manifestKey(partition),
      partKey('movies', partition),
    ]);
    expect(read.sort()).toEqual([...partitions, partKey('reviews', AD), partKey('reviews', ZU)].sort());
  });

  test('has what another run has written since the plan', async () => {
    const lake = await createLake();
    const { files } = await exportAll(lake);
    const target = new MemoryLake('s3://export');
    let changed: unknown;
    await exportTo(lake, target, {
      onPlan: async () => {
        await fillLake(lake, { 1999: { AD: 2 } }, { text: ' again' });
        changed = (await exportAll(lake)).files;
      },
    });
    expect(filesOf(target)).toEqual(changed);
    expect(filesOf(target)).not.toEqual(files);
    expect((await exportTo(lake, target)).years.written).toEqual([]);
  });
});

describe('an interrupted export', () => {
  test('is resumed: after each of its writes, a second run gives the same files', async () => {
    const { target: undisturbed } = await exportAll(await createLake());
    const writes = undisturbed.calls.filter(
      ({ name }) => name.startsWith('write') || name === 'compareAndSwap',
    );
    for (let last = 1; last <= writes.length; last += 1) {
      const lake = await createLake();
      const target = new MemoryLake('s3://export');
      let count = 0;
      target.beforeCall = (name) => {
        if (!name.startsWith('write') && name !== 'compareAndSwap') return;
        count += 1;
        if (count === last) throw new Error('Interrupted.');
      };
      await expect(exportTo(lake, target)).rejects.toThrow('Interrupted.');
      target.beforeCall = undefined;
      await exportTo(lake, target);
      expect(filesOf(target)).toEqual(filesOf(undisturbed));
      expect(target.text('export.json')).toBe(undisturbed.text('export.json'));
    }
    expect(writes.length).toBeGreaterThan(15);
  });

  test('throws the reason of its signal, and leaves complete files or none', async () => {
    const { target: undisturbed } = await exportAll(await createLake());
    const target = new MemoryLake('s3://export');
    const controller = new AbortController();
    const reason = new Error('Ctrl-C');
    const onProgress = ({ years }: { years: { done: number } }) => {
      if (years.done === 1) controller.abort(reason);
    };
    const lake = await createLake();
    await expect(exportTo(lake, target, { signal: controller.signal, onProgress })).rejects.toBe(reason);
    expect(Object.keys(JSON.parse(target.text('export.json') ?? '').years)).toEqual(['1999']);
    for (const [key, text] of Object.entries(filesOf(target))) expect(text).toBe(undisturbed.text(key));
    expect((await exportTo(lake, target)).years.unchanged).toBe(1);
    expect(filesOf(target)).toEqual(filesOf(undisturbed));
  });
});

describe('two exports at once', () => {
  test('into one place leave one complete export', async () => {
    const lake = await createLake();
    const target = new MemoryLake('s3://export');
    await Promise.all([exportTo(lake, target), exportTo(lake, target)]);
    expect(filesOf(target)).toEqual((await exportAll(lake)).files);
    expect((await exportTo(lake, target)).years).toEqual({ written: [], unchanged: 3 });
  });

  test('of different years add to one record', async () => {
    const lake = await createLake();
    const target = new MemoryLake('s3://export');
    await Promise.all([exportTo(lake, target, { maxYear: 1999 }), exportTo(lake, target, { minYear: 2004 })]);
    expect((await exportTo(lake, target)).years).toEqual({ written: [2003], unchanged: 2 });
  });

  test('in different formats: one is refused', async () => {
    const lake = await createLake();
    const target = new MemoryLake('s3://export');
    const both = await Promise.allSettled([
      exportTo(lake, target),
      exportTo(lake, target, { format: 'jsonl' }),
    ]);
    expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});

describe('a lake that changes during an export', () => {
  test('is exported as it was when it was read, and the next export writes what has changed since', async () => {
    const lake = await createLake();
    const target = new MemoryLake('s3://export');
    let isRead = false;
    lake.beforeCall = async (name, key) => {
      if (isRead || (name !== 'readStream' && key !== partKey('movies', { year: 1999, initial: 'AD' })))
        return;
      isRead = true;
      await putManifest(lake, AD, moviesOf(AD, 2)); // Before 2004 is read.
    };
    await exportTo(lake, target);
    lake.beforeCall = undefined;
    expect(isRead).toBe(true);
    expect((await exportTo(lake, target)).years).toEqual({ written: [], unchanged: 3 });
    await putManifest(lake, AD, moviesOf(AD, 1));
    expect((await exportTo(lake, target)).years.written).toEqual([2004]);
  });

  test('gets parts that match the manifest of another process', async () => {
    const lake = await createLake({ 2004: { AD: 3 } });
    let isChanged = false;
    lake.beforeCall = async (name, key) => {
      if (name !== 'compareAndSwap' || key !== manifestKey(AD) || isChanged) return;
      isChanged = true;
      await putManifest(lake, AD, moviesOf(AD, 2));
    };
    const { target, report } = await exportAll(lake);
    expect(report).toMatchObject({ tables: { movies: { rows: 2 } }, partsWritten: 1 });
    expect((await exportAll(lake)).report.documentsRead).toBe(0);
    expect((await exportTo(lake, target)).years.unchanged).toBe(1);
  });
});
