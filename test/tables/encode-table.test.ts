import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeTable } from '../../src/tables/encode-table.ts';
import { type ExportFormat, SUFFIXES } from '../../src/tables/formats.ts';
import { movieRow, type Row, reviewRow, titleRow } from '../../src/tables/rows.ts';
import { type Column, TABLES, type TableName } from '../../src/tables/schema.ts';
import { DUCKDB_TYPES, type DuckDb, openDuckDb, sqlText } from '../support/duckdb.ts';
import { makeTempFolder } from '../support/temp-folder.ts';
import { MOVIES, PARTITION, REVIEWS } from './awkward-documents.ts';

const FORMATS: readonly ExportFormat[] = ['parquet', 'jsonl', 'csv'];

let db: DuckDb;
beforeAll(async () => {
  db = await openDuckDb();
});
afterAll(() => db.close());

/** The SQL that reads a file; the lists of CSV as text. */
function readFileSql(format: ExportFormat, file: string, columns: readonly Column[]): string {
  const types = columns.map(({ name, type }) => {
    return `${name}: '${format === 'csv' && type.endsWith('List') ? 'VARCHAR' : DUCKDB_TYPES[type]}'`;
  });
  const options = `${sqlText(file)}, columns = {${types.join()}}`;
  if (format === 'parquet') return `read_parquet(${sqlText(file)})`;
  if (format === 'csv') {
    return `read_csv(${options}, header = true, delim = ',', quote = '"', escape = '"', new_line = '\\n', strict_mode = true, auto_detect = false, allow_quoted_nulls = false, max_line_size = 10000000)`;
  }
  return `read_json(${options}, format = 'newline_delimited')`;
}

async function* inBatches(rows: readonly Row[], size: number): AsyncGenerator<readonly Row[]> {
  for (let next = 0; next < rows.length; next += size) yield rows.slice(next, next + size);
}

async function encode(
  format: ExportFormat,
  table: TableName,
  batches: AsyncIterable<readonly Row[]>,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of encodeTable(format, table, batches)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Encodes rows, and reads the file with DuckDB. */
async function readBack(format: ExportFormat, table: TableName, rows: readonly Row[]) {
  const file = join(await makeTempFolder(), `file${SUFFIXES[format]}`);
  await writeFile(file, await encode(format, table, inBatches(rows, 7)));
  return db.query(`SELECT * FROM ${readFileSql(format, file, TABLES[table])}`);
}

/** What DuckDB returns for a row: 64-bit integers as strings, and the lists of CSV as text. */
function expected(format: ExportFormat, table: TableName, row: Readonly<Record<string, unknown>>) {
  const values = TABLES[table].map(({ name, type }) => {
    const value = row[name] ?? null;
    if (value === null) return [name, null];
    if (type === 'bigint') return [name, String(value)];
    if (format !== 'csv' || !Array.isArray(value)) return [name, value];
    return [
      name,
      value.map((item) => String(item).replaceAll('\\', '\\\\').replaceAll('|', '\\|')).join('|'),
    ];
  });
  return Object.fromEntries(values);
}

describe.each(FORMATS)('the format %s', (format) => {
  it.each([
    ['movies', MOVIES, movieRow],
    ['reviews', REVIEWS, reviewRow],
  ] as const)('has the fields of awkward documents: %s', async (table, documents, toRow) => {
    const rows = await readBack(
      format,
      table,
      documents.map(({ line }) => toRow(line, PARTITION)),
    );
    for (const [index, { what, line, row }] of documents.entries()) {
      expect(rows[index], what).toEqual(expected(format, table, { ...row, document: line }));
    }
    expect(rows).toHaveLength(documents.length);
  });

  it('has the states of titles', async () => {
    const at = '2026-11-22T10:15:03.120Z';
    const rows = [
      ['tt9900001', { state: 'found', at, tmdbId: 1, reviews: 2 }],
      [
        'tt9900002',
        { state: 'found', at, tmdbId: 1, reviews: 2, missingReviews: 1, duplicateOf: 'tt9900001' },
      ],
      ['tt9900003', { state: 'notFound', at }],
      ['tt9900004', { state: 'failed', at, tries: 1, reason: 'HTTP status 500: "oops",\nagain' }],
    ] as const;
    const titles = rows.map(([imdbId, state], index) => {
      return titleRow({ imdbId, title: index === 1 ? undefined : 'Ägg "1"', partition: PARTITION, state });
    });
    const keys = { imdb_year: 2004, initial: 'AD', fetched_at: '2026-11-22 10:15:03.12' };
    const found = { ...keys, state: 'found', tmdb_id: 1, review_count: 2, missing_reviews: 0 };
    const duplicate = { missing_reviews: 1, duplicate_of: 'tt9900001' };
    const title = 'Ägg "1"';
    expect(await readBack(format, 'titles', titles)).toEqual(
      [
        { ...found, imdb_id: 'tt9900001', title },
        { ...found, imdb_id: 'tt9900002', ...duplicate },
        { ...keys, imdb_id: 'tt9900003', title, state: 'notFound' },
        { ...keys, imdb_id: 'tt9900004', title, state: 'failed', reason: 'HTTP status 500: "oops",\nagain' },
      ].map((row) => expected(format, 'titles', row)),
    );
  });

  it.each(['movies', 'reviews', 'titles'] as const)(
    'has the columns of an empty table: %s',
    async (table) => {
      expect(await readBack(format, table, [])).toEqual([]);
    },
  );

  it('has the same bytes whatever the batches', async () => {
    const rows = MOVIES.map(({ line }) => movieRow(line, PARTITION));
    const [first, ...others] = await Promise.all(
      [1, 7, 100].map((size) => encode(format, 'movies', inBatches(rows, size))),
    );
    expect(others.map((bytes) => first?.equals(bytes))).toEqual([true, true]);
  });

  it('throws the error of the rows', async () => {
    async function* failing(): AsyncGenerator<readonly Row[]> {
      yield [movieRow('{}', PARTITION)];
      throw new Error('the lake has failed');
    }
    await expect(encode(format, 'movies', failing())).rejects.toThrow('the lake has failed');
  });

  it('holds only a part of a large table in memory', async () => {
    let taken = 0;
    async function* large(): AsyncGenerator<readonly Row[]> {
      for (; taken < 40; taken++) {
        yield [movieRow(`{"id":${taken},"text":"${'a'.repeat(1024 * 1024)}"}`, PARTITION)];
      }
    }
    let bytes = 0;
    for await (const chunk of encodeTable(format, 'movies', large())) {
      bytes += chunk.length;
      if (bytes > 500) break;
    }
    // Parquet holds two row groups of 16 MB, the others a few rows.
    expect(taken).toBeLessThanOrEqual(format === 'parquet' ? 33 : 4);
  });
});

describe('the format parquet', () => {
  it('has all rows of many pages and row groups', async () => {
    const texts = ['', 'one', 'two', null];
    const rows = Array.from({ length: 30_000 }, (_, id) => ({
      id,
      title: texts[id % 4],
      tagline: `tagline ${id}`,
      adult: id % 3 === 0,
      budget: id % 5 === 0 ? null : -id,
      popularity: id / 8,
      genre_ids: id % 7 === 0 ? null : Array.from({ length: id % 4 }, (__, index) => id * index),
      origin_country: id % 11 === 0 ? [] : ['SE', 'FI'],
      release_date: new Date(id * 86_400_000).toISOString().slice(0, 10),
    }));
    const table = rows.map((row) => movieRow(JSON.stringify(row), PARTITION));
    const file = join(await makeTempFolder(), 'file.parquet');
    await writeFile(file, await encode('parquet', 'movies', inBatches(table, 1000)));

    const columns = Object.keys(rows[0] ?? {})
      .join()
      .replace('id,', 'tmdb_id::INTEGER AS id,');
    const from = `FROM read_parquet(${sqlText(file)})`;
    const read = await db.query(`SELECT ${columns.replace('budget', 'budget::INTEGER AS budget')} ${from}`);
    // Compared as text, because there are many.
    expect(JSON.stringify(read) === JSON.stringify(rows)).toBe(true);
    // Engines skip row groups by their minimums and maximums.
    const found = await db.query(
      `SELECT title ${from} WHERE tmdb_id = 27777 AND release_date > '2040-01-01'`,
    );
    expect(found).toEqual([{ title: 'one' }]);
    const groups = `SELECT DISTINCT row_group_id, row_group_num_rows AS rows, compression FROM parquet_metadata(${sqlText(file)})`;
    expect(await db.query(`${groups} ORDER BY row_group_id`)).toEqual([
      { row_group_id: '0', rows: '25000', compression: 'GZIP' },
      { row_group_id: '1', rows: '5000', compression: 'GZIP' },
    ]);
  });
});

it.each(FORMATS)('encodes lists of more items than a call can have arguments as %s', async (format) => {
  const document = JSON.stringify({ id: 1, genre_ids: Array.from({ length: 200_000 }, (_, index) => index) });
  const row = movieRow(document, PARTITION);
  expect((await encode(format, 'movies', inBatches([row], 1))).length).toBeGreaterThan(0);
});
