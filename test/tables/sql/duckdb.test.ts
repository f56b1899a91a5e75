import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Row } from '../../../src/tables/rows.ts';
import { type Column, TABLE_NAMES, TABLES, type TableName } from '../../../src/tables/schema.ts';
import { formatLoadScripts } from '../../../src/tables/sql/load-scripts.ts';
import { formatTimestamp } from '../../../src/tables/values.ts';
import { DUCKDB_TYPES, type DuckDb, openDuckDb } from '../../support/duckdb.ts';
import { makeTempFolder } from '../../support/temp-folder.ts';
import { inventPartitions, tablesOf, writeExport } from '../invented-tables.ts';

const FORMATS = ['parquet', 'jsonl', 'csv'] as const;
const NAMES = TABLE_NAMES;

/** A path with what SQL strings, globs and addresses treat specially. */
const AWKWARD_FOLDER = process.platform === 'win32' ? "it's [a] b" : 'it\'s [a] "b" *c? 100% #d';

const invented = tablesOf(inventPartitions());

let db: DuckDb;
beforeEach(async () => {
  db = await openDuckDb();
});
afterEach(() => db.close());

describe.each(FORMATS)('load-duckdb.sql of an export as %s', (format) => {
  it.each([
    ['with invented movies', invented, AWKWARD_FOLDER],
    ['with empty tables', new Map([[2004, { movies: [], reviews: [], titles: [] }]]), 'tables'],
    ['below folders that look like those of years', new Map([...invented].slice(0, 2)), 'year=1999/title=7'],
  ] as const)('creates the tables of the schema, %s', async (_what, rows, folder) => {
    const place = join(await makeTempFolder(), folder);
    await writeExport(place, format, rows);
    await db.query(await readFile(join(place, 'load-duckdb.sql'), 'utf8'));
    for (const table of NAMES) {
      const described = await db.query(`DESCRIBE ${table}`);
      expect(described.map(({ column_name, column_type }) => [column_name, column_type])).toEqual([
        ...TABLES[table].map(({ name, type }) => [name, DUCKDB_TYPES[type]]),
        ['year', 'INTEGER'],
      ]);
      const expected = [...rows].flatMap(([year, tables]) =>
        tables[table].map((row) => toRecord(table, row, year)),
      );
      expect(await db.query(`SELECT * FROM ${table} ORDER BY year`)).toEqual(expected);
    }
  });
});

it('load-duckdb.sql replaces the tables of an export in another format, and leaves no copies of it', async () => {
  const place = await makeTempFolder();
  for (const format of ['csv', 'parquet', 'jsonl', 'parquet'] as const) {
    await writeExport(join(place, format), format, new Map([...invented].slice(0, 1)));
    await db.query(await readFile(join(place, format, 'load-duckdb.sql'), 'utf8'));
    const [{ rows } = { rows: undefined }] = await db.query('SELECT count(*)::INTEGER AS rows FROM movies');
    expect(rows).toBe([...invented.values()][0]?.movies.length);
  }
  expect(await db.query("FROM duckdb_tables() WHERE schema_name = 'tdd_copies'")).toEqual([]);
});

/** Returns a row as DuckDB gives it: timestamps as text, and 64-bit integers as strings. */
function toRecord(table: TableName, row: Row, year: number): Record<string, unknown> {
  const format = ({ type }: Column, value: unknown) => {
    if (value === null) return null;
    if (type === 'timestamp') return formatTimestamp(Number(value)).replace(/\.?0+$/, '');
    return type === 'bigint' ? String(value) : value;
  };
  const values = TABLES[table].map((column, index) => [column.name, format(column, row[index])]);
  return { ...Object.fromEntries(values), year };
}

it.each(FORMATS)('redshift.sql of an export as %s creates tables in standard SQL', async (format) => {
  const scripts = formatLoadScripts({ format, place: 's3://my-bucket/exports' });
  const { text = '' } = scripts.find(({ name }) => name === 'redshift.sql') ?? {};
  // DuckDB knows neither the COPY nor the type of Redshift.
  await db.query(text.replaceAll(/^COPY[^;]*;$/gm, '').replaceAll('SUPER', 'JSON'));
  for (const table of NAMES) {
    const described = await db.query(`DESCRIBE tmdb.${table}`);
    expect(described.map(({ column_name }) => column_name)).toEqual(TABLES[table].map(({ name }) => name));
  }
});

it.each(FORMATS)('load-duckdb.sql of an export as %s in a bucket is valid SQL', async (format) => {
  const [script] = formatLoadScripts({ format, place: "s3://my-bucket/o'brien" });
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  // Running it would install extensions and ask AWS.
  const { count } = await connection.extractStatements(script?.text ?? '');
  const copies = format === 'parquet' ? 'DROP' : 'SCHEMA movies reviews titles';
  expect(count).toBe(`INSTALL LOAD INSTALL LOAD SECRET movies reviews titles ${copies}`.split(' ').length);
  connection.closeSync();
  instance.closeSync();
});
