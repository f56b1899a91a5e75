import { describe, expect, it } from 'vitest';
import { TABLES } from '../../../src/tables/schema.ts';
import { formatLoadScripts } from '../../../src/tables/sql/load-scripts.ts';
import { ATHENA_DDL, ATHENA_SELECT, REDSHIFT } from './reserved-words.ts';

const FORMATS = ['parquet', 'jsonl', 'csv'] as const;
const IN_BUCKET = 's3://my-bucket/exports/all';

function script(name: string, format: (typeof FORMATS)[number], place = IN_BUCKET): string {
  return formatLoadScripts({ format, place }).find((each) => each.name === name)?.text ?? '';
}

/** Returns the name, columns and types of each `CREATE TABLE` in a script. */
function createdTables(text: string): Record<string, Record<string, string>> {
  const tables = text.matchAll(/^CREATE (?:EXTERNAL )?TABLE tmdb\.(\w+) \(\n((?: {2}.+\n)+)\)/gm);
  return Object.fromEntries(
    [...tables].map(([, table = '', lines = '']) => [
      table,
      Object.fromEntries([...lines.matchAll(/^ {2}(\w+) (.+?),?$/gm)].map(([, name, type]) => [name, type])),
    ]),
  );
}

/** Removes comments and strings, so that what remains are words and punctuation. */
function statements(text: string): string[] {
  return text
    .replaceAll(/^--.*$/gm, '')
    .split(';')
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

describe.each([
  ['athena.sql', 'parquet', [ATHENA_DDL, ATHENA_SELECT]],
  ['athena.sql', 'jsonl', [ATHENA_DDL, ATHENA_SELECT]],
  ['redshift.sql', 'parquet', [REDSHIFT]],
  ['redshift.sql', 'jsonl', [REDSHIFT]],
  ['redshift.sql', 'csv', [REDSHIFT]],
] as const)('%s of an export as %s', (name, format, reserved) => {
  const tables = createdTables(script(name, format));

  it('creates the tables with the columns of the schema', () => {
    expect(Object.keys(tables)).toEqual(Object.keys(TABLES));
    for (const [table, columns] of Object.entries(TABLES)) {
      expect(Object.keys(tables[table] ?? {})).toEqual(columns.map((column) => column.name));
    }
  });

  it('uses no reserved word as a name', () => {
    const names = ['tmdb', 'year', ...Object.keys(tables), ...Object.values(tables).flatMap(Object.keys)];
    for (const words of reserved) expect(names.filter((each) => words.has(each))).toEqual([]);
  });

  it('reads each table from its folder in the bucket', () => {
    const text = script(name, format);
    for (const table of Object.keys(TABLES)) {
      expect(text).toMatch(new RegExp(`(?:LOCATION|FROM) '${IN_BUCKET}/${table}/'`));
    }
    expect(text).not.toContain('YOUR-BUCKET');
  });

  it('has a placeholder, and the upload, for an export in a directory', () => {
    const text = script(name, format, '/home/me/my $exports');
    expect(text).toContain(
      '--   aws s3 sync "/home/me/my \\$exports" s3://YOUR-BUCKET/YOUR-PREFIX --exclude ".tdd/*"\n',
    );
    expect(
      statements(text)
        .join('\n')
        .match(/s3:\/\/\S*/g),
    ).toEqual(
      statements(script(name, format, 's3://YOUR-BUCKET/YOUR-PREFIX'))
        .join('\n')
        .match(/s3:\/\/\S*/g),
    );
  });
});

it.each(['parquet', 'jsonl'] as const)('athena.sql projects the years of an export as %s', (format) => {
  const text = script('athena.sql', format);
  expect(text).toMatch(/PARTITIONED BY \(year int\)/);
  expect(text).toContain("'projection.year.range' = '1870,2200'");
  for (const table of Object.keys(TABLES)) {
    expect(text).toContain(`'storage.location.template' = '${IN_BUCKET}/${table}/year=\${year}/'`);
  }
});

it('athena.sql has no statement for CSV, which Athena would read wrongly', () => {
  const text = script('athena.sql', 'csv');
  expect(statements(text)).toEqual([]);
  expect(text).toContain('tdd export --format parquet');
});

it.each([
  ['parquet', 'FORMAT AS PARQUET SERIALIZETOJSON', 'SUPER'],
  ['jsonl', "FORMAT AS JSON 'auto' GZIP DATEFORMAT 'auto' TIMEFORMAT 'auto'", 'SUPER'],
  ['csv', "FORMAT AS CSV IGNOREHEADER 1 EMPTYASNULL DATEFORMAT 'auto' TIMEFORMAT 'auto'", 'VARCHAR(65535)'],
] as const)('redshift.sql loads %s with %s and lists as %s', (format, clauses, list) => {
  const text = script('redshift.sql', format);
  expect(text).toContain(`COPY tmdb.movies\nFROM '${IN_BUCKET}/movies/'\nIAM_ROLE default\n${clauses};`);
  const { movies } = createdTables(text);
  expect(movies).toMatchObject({ genre_ids: list, genre_names: list, tmdb_id: 'BIGINT', document: 'SUPER' });
});

it('redshift.sql replaces all tables in one transaction', () => {
  const [create, begin, ...rest] = statements(script('redshift.sql', 'parquet'));
  expect([create, begin, rest.at(-1)]).toEqual(['CREATE SCHEMA IF NOT EXISTS tmdb', 'BEGIN', 'COMMIT']);
});

it('quotes a bucket prefix as each engine needs it', () => {
  const place = "s3://my-bucket/o'brien";
  expect(script('athena.sql', 'parquet', place)).toContain("LOCATION 's3://my-bucket/o\\'brien/movies/'");
  expect(script('redshift.sql', 'parquet', place)).toContain("FROM 's3://my-bucket/o''brien/movies/'");
  expect(script('load-duckdb.sql', 'parquet', place)).toContain("SCOPE 's3://my-bucket/o''brien/'");
});

it('writes Windows paths with slashes', () => {
  const text = script('load-duckdb.sql', 'csv', "C:\\Users\\o'brien\\my export\\");
  expect(text).toContain("'C:/Users/o''brien/my export/movies/year=*/*.csv'");
  expect(text).toContain('--   duckdb -f "C:/Users/o\'brien/my export/load-duckdb.sql" movies.db\n');
});

it('keeps a line break in a path out of the comments', () => {
  for (const { text } of formatLoadScripts({ format: 'parquet', place: '/a\nDROP TABLE x;' })) {
    expect(text.split('\n').find((line) => !line.startsWith('--'))).toBe('');
  }
});

it('load-duckdb.sql reads a bucket with the credentials of the AWS CLI', () => {
  const text = script('load-duckdb.sql', 'parquet');
  expect(text).toContain(
    `CREATE OR REPLACE SECRET tdd_export (TYPE s3, PROVIDER credential_chain, SCOPE '${IN_BUCKET}/');`,
  );
  expect(text).toContain(`'${IN_BUCKET}/movies/year=*/*.parquet'`);
  expect(script('load-duckdb.sql', 'parquet', '/exports')).not.toContain('SECRET');
});
