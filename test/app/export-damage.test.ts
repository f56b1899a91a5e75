import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import { createDirectoryLake } from '../../src/lake/directory/directory-lake.ts';
import { FileSystemError } from '../../src/lake/directory/file-errors.ts';
import { manifestKey, movieKey, partKey, reviewKey } from '../../src/lake/keys.ts';
import { withPrefix } from '../../src/lake/with-prefix.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { createLake, exportAll, exportTo, filesOf, fillLake, moviesOf, writtenKeys } from './export-lake.ts';

const AD = { year: 2004, initial: 'AD' };
const [FIRST = { imdbId: '', tmdbId: 0, reviewIds: [''] }] = moviesOf(AD, 1);
const MOVIE = movieKey(AD, FIRST.tmdbId);
const REVIEW = reviewKey(AD, FIRST.tmdbId, FIRST.reviewIds[0] ?? '');

describe('unreadable documents', () => {
  const damages: Record<string, (lake: MemoryLake) => void> = {
    truncated: (lake) => lake.put(MOVIE, lake.text(MOVIE)?.slice(0, 20) ?? ''),
    empty: (lake) => lake.put(MOVIE, ''),
    'not an object': (lake) => lake.put(MOVIE, '[1]'),
  };

  test.each(Object.keys(damages))('are named by each export until they are repaired: %s', async (name) => {
    for (const withManifests of [true, false]) {
      const lake = await createLake({ 2004: { AD: 3, ZU: 1 } }, { withManifests });
      damages[name]?.(lake);
      lake.put(REVIEW, '{');
      const { target, report } = await exportAll(lake);
      const expected = { unreadable: [MOVIE, REVIEW], tables: { movies: { rows: 3 } } };
      expect(report).toMatchObject({ ...expected, partsWritten: withManifests ? 1 : 0 });
      const second = await exportTo(lake, target);
      expect(second).toMatchObject({ ...expected, years: { written: [2004] } });
      expect((await exportTo(lake, target, { maxYear: 2003 })).unreadable).toEqual([]);
      await fillLake(lake, { 2004: { AD: 3 } }, { withManifests, text: ' again' });
      expect((await exportTo(lake, target)).unreadable).toEqual([]);
    }
  });

  test('are exported once they are repaired, although no manifest changes', async () => {
    const lake = await createLake({ 2004: { AD: 3 } });
    const [movie, review] = [lake.text(MOVIE) ?? '', lake.text(REVIEW) ?? ''];
    for (const key of [MOVIE, REVIEW]) lake.put(key, '{');
    const { target } = await exportAll(lake);
    lake.put(MOVIE, movie);
    lake.put(REVIEW, review);
    const report = await exportTo(lake, target);
    expect(report).toMatchObject({ tables: { movies: { rows: 3 } }, unreadable: [], partsWritten: 1 });
    expect((await exportTo(lake, target)).years).toEqual({ written: [], unchanged: 1 });
  });

  test('are those that are missing although the manifest lists them', async () => {
    const lake = await createLake({ 2004: { AD: 3 } });
    lake.remove(MOVIE);
    lake.remove(REVIEW);
    expect((await exportAll(lake)).report).toMatchObject({
      unreadable: [MOVIE, REVIEW],
      tables: { movies: { rows: 2 }, titles: { rows: 4 } },
    });
  });
});

describe('a partition', () => {
  test('is read from its documents if a part is not the one that its manifest records', async () => {
    const lake = await createLake({ 2004: { AD: 3 } });
    const { files } = await exportAll(lake);
    const part = partKey('movies', AD);
    const bytes = (await lake.read(part))?.body ?? Buffer.alloc(0);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    for (const damaged of [undefined, 'x', bytes]) {
      if (damaged === undefined) lake.remove(part);
      else lake.put(part, damaged);
      const again = await exportAll(lake);
      expect(again.files).toEqual(files);
      // The part is written again, so the next export reads it.
      expect(again.report).toMatchObject({ documentsRead: 3, partsWritten: 1 });
      expect((await exportAll(lake)).report.documentsRead).toBe(0);
    }
  });

  test('with a damaged manifest is read from all its documents, and the manifest is named', async () => {
    const lake = await createLake({ 2004: { AD: 3 } });
    const { target } = await exportAll(lake);
    lake.put(manifestKey(AD), '{"titles":');
    const report = await exportTo(lake, target);
    expect(report).toMatchObject({
      tables: { movies: { rows: 3 }, titles: { rows: 3 } },
      unreadable: [manifestKey(AD)],
      partsWritten: 0,
    });
  });

  test('with a manifest of a newer version ends the export before it writes anything', async () => {
    const lake = await createLake();
    lake.put(manifestKey(AD), '{"version":99}');
    const target = new MemoryLake('s3://export');
    await expect(exportTo(lake, target)).rejects.toThrow('written by a newer version of tdd');
    expect(target.keys()).toEqual([]);
  });
});

test('exports a lake of which only some partitions have manifests', async () => {
  const lake = await createLake({ 2004: { AD: 3 } }, { withManifests: false });
  await fillLake(lake, { 2004: { AB: 1, ZU: 2 } });
  const { files } = await exportAll(await createLake({ 2004: { AB: 1, AD: 3, ZU: 2 } }));
  const { report, target } = await exportAll(lake);
  expect(report).toMatchObject({ partsWritten: 2, documentsRead: 7 + 5 });
  for (const table of ['movies', 'reviews'])
    expect(filesOf(target, table)).toEqual(
      Object.fromEntries(Object.entries(files).filter(([key]) => key.startsWith(table))),
    );
});

test('exports a lake that cannot be written, with one warning', async () => {
  const lake = await createLake();
  const { files } = await exportAll(await createLake());
  const reasons: string[] = [];
  lake.beforeCall = (name) => {
    if (name === 'write' || name === 'compareAndSwap')
      throw new FileSystemError('Access is denied', 'Choose another directory', {});
  };
  const { report, files: unwritten } = await exportAll(lake, {
    onPartsNotWritten: (reason) => reasons.push(reason),
  });
  expect(reasons).toEqual(['Access is denied.']);
  expect(report).toMatchObject({ partsWritten: 0, unreadable: [] });
  expect(unwritten).toEqual(files);
  expect(writtenKeys(lake)).toEqual([]);
});

describe('refuses', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tdd-export-'));
    await mkdir(join(folder, 'lake', 'below'), { recursive: true });
    await symlink(join(folder, 'lake'), join(folder, 'link'), 'junction');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('an empty lake', async () => {
    const target = new MemoryLake('s3://export');
    await expect(exportTo(new MemoryLake(), target)).rejects.toThrow('contains no downloads');
    expect(target.keys()).toEqual([]);
  });

  test('an export as the lake', async () => {
    const { target } = await exportAll(await createLake());
    await expect(exportTo(target, new MemoryLake('s3://export-2'))).rejects.toThrow(
      '"s3://export" is an export, not a lake: name the lake from which it was written.',
    );
  });

  test.each(['lake', 'lake/tmdb/tables/x', 'lake/imdb', 'lake/.tdd/new/place', 'link/tmdb', 'link'])(
    'the destination %s',
    async (place) => {
      const lake = createDirectoryLake({ directory: join(folder, 'lake') });
      const target = createDirectoryLake({ directory: join(folder, place) });
      const exported = exportTo(lake, target);
      await expect(exported).rejects.toThrow('choose another destination');
      await expect(exported).rejects.toBeInstanceOf(UsageError);
    },
  );

  test.each(['lakes', '.', '..lake', 'lake/tables', 'lake/tmdb-tables', 'link/x'])(
    'not the destination %s',
    async (place) => {
      const lake = createDirectoryLake({ directory: join(folder, 'lake') });
      const target = createDirectoryLake({ directory: join(folder, place) });
      await expect(exportTo(lake, target)).rejects.toThrow('contains no downloads');
    },
  );

  test.each(['movies', 'titles/below'])('a destination that has the lake in its folder %s', async (place) => {
    const lake = createDirectoryLake({ directory: join(folder, place) });
    const target = createDirectoryLake({ directory: folder });
    const exported = exportTo(lake, target);
    await expect(exported).rejects.toThrow(`has in its folder "${place.split('/')[0]}" the lake `);
    await expect(exported).rejects.toBeInstanceOf(UsageError);
  });

  test('a folder of the lake in its bucket', async () => {
    const lake = await createLake();
    await expect(exportTo(lake, withPrefix(lake, 'tmdb/exports'))).rejects.toThrow(
      'The destination "s3://lake/tmdb/exports" is in the folder "tmdb" of the lake "s3://lake": choose another destination, such as "s3://lake/tables".',
    );
    await expect(exportTo(lake, lake)).rejects.toThrow('The destination "s3://lake" is the lake');
  });

  test('but not another place in the bucket of the lake', async () => {
    const lake = await createLake();
    const target = withPrefix(lake, 'exports');
    const report = await exportTo(lake, target);
    expect(report.years.written.length).toBeGreaterThan(0);
    expect((await exportTo(lake, target)).years).toEqual({
      written: [],
      unchanged: report.years.written.length,
    });
  });
});
