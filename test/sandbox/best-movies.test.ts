import { join } from 'node:path';
import picocolors from 'picocolors';
import { expect, test } from 'vitest';
import { bestMoviesQuery, findBestMovies, formatBestMovies } from '../../sandbox/best-movies.ts';
import { openDuckDb, sqlText } from '../support/duckdb.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

/** Writes tables as in an export, with only the columns of the query. */
async function writeTables(folder: string): Promise<void> {
  const db = await openDuckDb();
  const write = (table: string, query: string) =>
    db.query(
      `COPY (${query}) TO ${sqlText(join(folder, table))} (FORMAT parquet, PARTITION_BY (year), WRITE_PARTITION_COLUMNS false)`,
    );
  await write(
    'movies',
    `SELECT 'tt' || i AS imdb_id, 'Film ' || i || chr(27) || '[31m' || repeat(' and so on', i) AS title,
       i::DOUBLE AS vote_average, if(i = 9, 10, 2000) AS vote_count, 2000 + i % 2 AS year FROM range(1, 10) AS _(i)`,
  );
  await write(
    'reviews',
    `SELECT 'tt' || i AS imdb_id, 'Mara' AS author, nullif(n * 2.5, 5)::DOUBLE AS rating, n || ': ' || repeat('語', n * 30) AS content,
       TIMESTAMP '2024-01-01' + INTERVAL (n) DAY AS created_at, 2000 + i % 2 AS year
     FROM range(1, 10) AS _(i), range(1, 5) AS _(n) WHERE i <> 8 AND n < i`,
  );
  db.close();
}

test('finds the best movies with enough votes and with reviews', async () => {
  const folder = await makeTempFolder();
  await writeTables(folder);
  const movies = await findBestMovies(folder);
  if (typeof movies === 'string') throw new Error(movies);
  expect(movies.map(({ rating, reviews }) => [rating, reviews.map((review) => review.rating)])).toEqual([
    [7, [2.5, null, 7.5, 10]],
    [6, [2.5, null, 7.5, 10]],
    [5, [2.5, null, 7.5, 10]],
  ]);
  const lines = formatBestMovies(movies, picocolors.createColors(false)).split('\n');
  expect(lines).toHaveLength(12);
  expect(lines.slice(0, 4)).toEqual([
    ' 7.0  Film 7\\u001b[31m and so on and so on and so… (2001)',
    '      Mara 2.5/10: 1: 語語語語語語語語語語語語語語語語語語…',
    '      Mara: 2: 語語語語語語語語語語語語語語語語語語語語語語…',
    '      and 2 more reviews',
  ]);
});

test('shows a query of at most 60 columns', () => {
  const widths = bestMoviesQuery('sandbox-tables')
    .split('\n')
    .map((line) => line.length);
  expect(Math.max(...widths)).toBeLessThanOrEqual(60);
});
