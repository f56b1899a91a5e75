import { gunzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { ExportPlan, ExportProgress } from '../../src/app/export.ts';
import { writePartitionMap } from '../../src/imdb/partition-index.ts';
import { indexMapKey, manifestKey } from '../../src/lake/keys.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import {
  createLake,
  exportAll,
  exportTo,
  filesOf,
  moviesOf,
  putManifest,
  THREE_YEARS,
  writtenKeys,
} from './export-lake.ts';
import { indexOf } from './synthetic-lake.ts';

const AD = { year: 2004, initial: 'AD' };

test('writes three files for each year, the record and the scripts', async () => {
  const { target, report } = await exportAll(await createLake());
  expect(target.keys()).toEqual([
    'athena.sql',
    'export.json',
    'load-duckdb.sql',
    'movies/year=1999/tmdb-movies-1999.csv',
    'movies/year=2003/tmdb-movies-2003.csv',
    'movies/year=2004/tmdb-movies-2004.csv',
    'redshift.sql',
    'reviews/year=1999/tmdb-movies-1999-reviews.csv',
    'reviews/year=2003/tmdb-movies-2003-reviews.csv',
    'reviews/year=2004/tmdb-movies-2004-reviews.csv',
    'titles/year=1999/titles-1999.csv',
    'titles/year=2003/titles-2003.csv',
    'titles/year=2004/titles-2004.csv',
  ]);
  expect(report).toMatchObject({
    from: 's3://lake',
    to: 's3://export',
    format: 'csv',
    years: { written: [1999, 2003, 2004], unchanged: 0 },
    tables: { movies: { rows: 16 }, reviews: { rows: 16 }, titles: { rows: 23 } },
    documentsRead: 32,
    partsWritten: 7,
    unreadable: [],
  });
  const bytes = target.keys('movies/').map((key) => target.text(key)?.length ?? 0);
  expect(report.tables.movies.bytes).toBe(bytes.reduce((sum, size) => sum + size));
  expect(target.contentType('movies/year=2004/tmdb-movies-2004.csv')).toBe('text/csv');
  expect(target.text('load-duckdb.sql')).toContain('s3://export/movies/year=*/*.csv');
});

describe.each(['parquet', 'jsonl', 'csv'] as const)('an export as %s', (format) => {
  test('has the same bytes from parts and from documents, and of movies and reviews without manifests', async () => {
    const lake = await createLake();
    const fromDocuments = await exportAll(lake, { format });
    const fromParts = await exportAll(lake, { format });
    expect(fromParts.report).toMatchObject({ documentsRead: 0, partsWritten: 0 });
    expect(fromParts.files).toEqual(fromDocuments.files);

    const withoutManifests = await exportAll(await createLake(THREE_YEARS, { withManifests: false }), {
      format,
    });
    expect(withoutManifests.report).toMatchObject({ documentsRead: 32, partsWritten: 0 });
    for (const table of ['movies/', 'reviews/'])
      expect(filesOf(withoutManifests.target, table)).toEqual(filesOf(fromParts.target, table));
    expect(withoutManifests.report.tables.titles.rows).toBe(16);
  });
});

describe('the titles', () => {
  async function titlesOf(target: MemoryLake, year = 2004): Promise<Record<string, unknown>[]> {
    const file = await target.read(`titles/year=${year}/titles-${year}.jsonl.gz`);
    const lines = gunzipSync(file?.body ?? '')
      .toString()
      .trim()
      .split('\n');
    return lines.map((line) => JSON.parse(line));
  }

  test('contain all states of a manifest, with the titles of the newest index', async () => {
    const lake = new MemoryLake();
    const [movie] = moviesOf(AD, 1);
    if (movie === undefined) throw new Error('There is a movie.');
    await putManifest(lake, AD, [movie]);
    putIndex(lake, '2026-11-21', ['tvMovie'], ['tt0000009\tAdditional', `${movie.imdbId}\tAd`]);
    putIndex(lake, '2026-11-22', ['movie'], [`${movie.imdbId}\tAdventure`]);
    putIndex(lake, '2026-11-20', ['movie'], [`${movie.imdbId}\tOld`]);
    const { target } = await exportAll(lake, { format: 'jsonl' });
    expect(await titlesOf(target)).toMatchObject([
      { imdb_id: 'tt0000009', title: 'Additional', state: 'notFound', fetched_at: '2026-11-22 09:58:00.000' },
      { imdb_id: movie.imdbId, title: 'Adventure', state: 'found', tmdb_id: movie.tmdbId, review_count: 1 },
    ]);
  });

  test('of a copied lake, whose objects have other versions, need one search for the rows', async () => {
    const lake = await createLake();
    const [movie] = moviesOf(AD, 1);
    putIndex(lake, '2026-11-22', ['movie'], [`${movie?.imdbId}\tAdventure`], 'the version before the copy');
    const { target } = await exportAll(lake, { format: 'jsonl' });
    expect(await titlesOf(target)).toContainEqual(expect.objectContaining({ title: 'Adventure' }));
    const calls = lake.calls.filter(({ key }) => key.startsWith('imdb/'));
    expect(calls.map(({ name }) => name)).toEqual(['list', 'read', 'list', 'readRange']);
  });

  test.each(['the map is damaged', 'the rows are missing', 'the rows disappear'])(
    'are NULL, with one warning, if %s',
    async (damage) => {
      const lake = await createLake();
      putIndex(lake, '2026-11-22', ['movie'], ['tt0000009\tAdventure']);
      if (damage === 'the map is damaged') lake.put(indexMapKey('2026-11-22', ['movie']), 'x');
      else if (damage === 'the rows are missing') lake.remove('imdb/2026-11-22/movie.tsv');
      else {
        lake.beforeCall = (name) => {
          if (name === 'readRange') lake.remove('imdb/2026-11-22/movie.tsv');
        };
      }
      const reasons: string[] = [];
      const { target, report } = await exportAll(lake, {
        format: 'jsonl',
        onTitlesMissing: (reason) => reasons.push(reason),
      });
      expect(reasons).toEqual([expect.stringMatching(/ damaged: delete .* to rebuild the index\.$/)]);
      expect(report.tables.titles.rows).toBe(23);
      for (const row of await titlesOf(target)) expect(row.title ?? null).toBeNull();
    },
  );

  test('contain the movies of partitions without a manifest', async () => {
    const { target } = await exportAll(await createLake({ 2004: { AD: 2 } }, { withManifests: false }), {
      format: 'jsonl',
    });
    const [first, second] = moviesOf(AD, 2);
    const found = { imdb_year: 2004, initial: 'AD', state: 'found', missing_reviews: 0 };
    const titles = await titlesOf(target);
    expect(titles).toMatchObject([
      { ...found, imdb_id: first?.imdbId, tmdb_id: first?.tmdbId, review_count: 1 },
      { ...found, imdb_id: second?.imdbId, tmdb_id: second?.tmdbId, review_count: 0 },
    ]);
    for (const title of titles) expect(title.fetched_at ?? null).toBeNull();
  });

  function putIndex(
    lake: MemoryLake,
    day: string,
    titleTypes: string[],
    rows: string[],
    version?: string,
  ): void {
    const body = `${rows.join('\n')}\n`;
    const key = `imdb/${day}/${titleTypes}.tsv`;
    const etag = lake.put(key, body);
    const index = {
      ...indexOf({}, { snapshot: day }),
      titleTypes,
      rows: { key, etag: version ?? etag, sizeBytes: body.length },
      partitions: { 2004: { AD: [0, body.length, rows.length] as const } },
    };
    lake.put(indexMapKey(day, titleTypes), writePartitionMap(index));
  }
});

describe('the plan', () => {
  test('counts years, movies, and documents to read, with what they cost in S3', async () => {
    const lake = await createLake();
    const plans: ExportPlan[] = [];
    const progress: ExportProgress[] = [];
    const onPlan = (plan: ExportPlan) => void plans.push(plan);
    const { target } = await exportAll(lake, { onPlan, onProgress: (now) => progress.push(now) });
    await putManifest(lake, AD, moviesOf(AD, 2));
    await exportTo(lake, target, { onPlan });
    await exportTo(lake, target, { onPlan });
    expect(plans).toEqual([
      {
        years: 3,
        unchanged: 0,
        movies: 16,
        documents: 32,
        lackParts: 7,
        getDollars: expect.closeTo(32 * 0.4e-6),
      },
      {
        years: 1,
        unchanged: 2,
        movies: 3,
        documents: 3,
        lackParts: 1,
        getDollars: expect.closeTo(3 * 0.4e-6),
      },
      { years: 0, unchanged: 3, movies: 0, documents: 0, lackParts: 0, getDollars: 0 },
    ]);
    expect(progress[0]).toEqual({ year: 1999, years: { done: 0, total: 3 }, movies: { done: 0, total: 16 } });
    expect(progress.at(-1)).toEqual({
      year: 2004,
      years: { done: 3, total: 3 },
      movies: { done: 16, total: 16 },
    });
  });

  test('can be declined: nothing is written then', async () => {
    const lake = await createLake();
    const target = new MemoryLake('s3://export');
    const declined = new Error('Declined.');
    const onPlan = () => Promise.reject(declined);
    await expect(exportTo(lake, target, { onPlan })).rejects.toBe(declined);
    expect([...writtenKeys(lake), ...writtenKeys(target)]).toEqual([]);
  });
});

test('writes the tables of complete partitions only', async () => {
  const lake = await createLake({ 2004: { AD: 2, ZU: 1 } });
  await putManifest(lake, AD, moviesOf(AD, 2), { complete: false });
  lake.calls.length = 0;
  const { target, report } = await exportAll(lake);
  expect(report).toMatchObject({ tables: { movies: { rows: 3 } }, partsWritten: 1, incomplete: 1 });
  expect(writtenKeys(lake)).toEqual([
    'tmdb/tables/movies/year=2004/initial=ZU/movies.jsonl.gz',
    'tmdb/tables/reviews/year=2004/initial=ZU/reviews.jsonl.gz',
    manifestKey({ year: 2004, initial: 'ZU' }),
  ]);
  expect(await exportTo(lake, target)).toMatchObject({ years: { unchanged: 1 }, incomplete: 1 });
});

test('omits documents to which the manifest does not refer', async () => {
  const lake = await createLake({ 2004: { AD: 3 } });
  const [first, ...others] = moviesOf(AD, 3);
  await putManifest(lake, AD, others);
  const { target, report } = await exportAll(lake);
  expect(report.tables).toMatchObject({ movies: { rows: 2 }, reviews: { rows: 3 } });
  expect(target.text('movies/year=2004/tmdb-movies-2004.csv')).not.toContain(`"${first?.imdbId}"`);
});
