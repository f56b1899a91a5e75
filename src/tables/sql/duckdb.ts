import { type ExportFormat, SUFFIXES } from '../formats.ts';
import { type Column, TABLE_NAMES, TABLES, type TableName } from '../schema.ts';
import { sqlString, type TypeNames } from './format-columns.ts';
import { type LoadScriptOptions, placeOf, shellString } from './place.ts';

const TYPES: TypeNames = {
  string: 'VARCHAR',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  stringList: 'VARCHAR[]',
  integerList: 'INTEGER[]',
};

/**
 * The longest row that DuckDB accepts. It reserves two buffers of this size per thread, of which it uses what it needs:
 * a larger number would exceed the default memory limit of small machines.
 */
const MAX_ROW_BYTES = 128 * 1024 * 1024;

/**
 * Formats the command that creates the tables in a database file. Views of files in a bucket need credentials in each
 * session, so these are created in a session of their own.
 * @param script the path of `load-duckdb.sql`, quoted for the shell.
 */
export function duckDbCommand({ format, place }: LoadScriptOptions, script: string): string {
  const needsCredentials = format === 'parquet' && placeOf(place).inBucket;
  return needsCredentials ? `duckdb -init ${script}` : `duckdb -f ${script} movies.db`;
}

/** The schema of the copies. */
const COPIES = 'tdd_copies';

/**
 * Formats the script that creates the tables in DuckDB: views of Parquet files, which DuckDB reads as fast as its own
 * tables, and views of copies of other files, which it would otherwise parse again for each query. They are always views,
 * because DuckDB does not replace a table by a view: the script of an export in another format could not run again.
 *
 * The options are those of https://duckdb.org/docs/stable/data/overview. The compression is named, because DuckDB does
 * not recognize it in a path with a question mark.
 */
export function formatDuckDbScript({ format, place }: LoadScriptOptions): string {
  const { url, inBucket } = placeOf(place);
  const script = inBucket ? 'load-duckdb.sql' : shellString(`${url}/load-duckdb.sql`);
  const blocks = [
    [
      '-- Creates the tables movies, reviews and titles in DuckDB:',
      `--   ${duckDbCommand({ format, place }, script)}`,
    ].join('\n'),
    ...(inBucket ? [formatAccess(url)] : []),
    ...(format === 'parquet' ? formatViews() : formatCopies()),
  ];
  return `${blocks.join('\n\n')}\n`;

  function formatViews(): string[] {
    const views = TABLE_NAMES.map(
      (table) => `CREATE OR REPLACE VIEW ${table} AS\n${formatSelect(format, url, table)};`,
    );
    return [...views, `-- Copies of an export in another format.\nDROP SCHEMA IF EXISTS ${COPIES} CASCADE;`];
  }

  function formatCopies(): string[] {
    const copies = TABLE_NAMES.map((table) => {
      const copy = `${COPIES}.${table}`;
      return [
        `CREATE OR REPLACE TABLE ${copy} AS\n${formatSelect(format, url, table)};`,
        `CREATE OR REPLACE VIEW ${table} AS FROM ${copy};`,
      ].join('\n');
    });
    return [`CREATE SCHEMA IF NOT EXISTS ${COPIES};`, ...copies];
  }
}

/** Formats the access to a bucket: https://duckdb.org/docs/stable/core_extensions/httpfs/s3api. */
function formatAccess(url: string): string {
  return [
    "-- Uses the credentials of the AWS CLI. If the bucket is in another region than your profile's, add, for example,",
    "-- REGION 'eu-west-1' to the secret. Run the script in each session, because the secret is not stored.",
    'INSTALL httpfs;',
    'LOAD httpfs;',
    'INSTALL aws;',
    'LOAD aws;',
    `CREATE OR REPLACE SECRET tdd_export (TYPE s3, PROVIDER credential_chain, SCOPE ${sqlString(`${url}/`)});`,
  ].join('\n');
}

function formatSelect(format: ExportFormat, url: string, table: TableName): string {
  const columns = TABLES[table];
  const files = `${url}/${table}/year=*/*${SUFFIXES[format]}`;
  switch (format) {
    case 'parquet':
      return formatRead('*', 'read_parquet', files, []);
    case 'jsonl':
      return formatRead('*', 'read_json', files, [
        "format = 'newline_delimited'",
        "compression = 'gzip'",
        `maximum_object_size = ${MAX_ROW_BYTES}`,
        formatTypes(columns, ({ type }) => TYPES[type]),
      ]);
    case 'csv':
      return formatRead(formatLists(columns), 'read_csv', files, [
        'auto_detect = false',
        'header = true',
        "delim = ','",
        "quote = '\"'",
        "escape = '\"'",
        "nullstr = ''",
        'allow_quoted_nulls = false',
        // Values contain line breaks.
        'parallel = false',
        `max_line_size = ${MAX_ROW_BYTES}`,
        `buffer_size = ${MAX_ROW_BYTES}`,
        formatTypes(columns, (column) => (isList(column) ? TYPES.string : TYPES[column.type])),
      ]);
  }
}

/**
 * Formats a `SELECT` of the columns and the year, which DuckDB reads from the names of the folders, to open only the files
 * of the years in a query. It would do so with all folders in the path whose name has `=`: then, the year is `imdb_year`.
 */
function formatRead(columns: string, reader: string, files: string, options: readonly string[]): string {
  const isPartitioned = files.indexOf('=') === files.lastIndexOf('=');
  const all = [
    sqlString(escapeGlob(files)),
    ...options,
    ...(isPartitioned
      ? ['hive_partitioning = true', "hive_types = {'year': INTEGER}"]
      : ['hive_partitioning = false']),
  ];
  const select = `SELECT ${columns}${isPartitioned ? '' : ', imdb_year AS year'}`;
  return `${select}\nFROM ${reader}(\n${all.map((option) => `  ${option}`).join(',\n')}\n)`;
}

/** Escapes the wildcards in the path of the export, which are those before the folders of the years. */
function escapeGlob(files: string): string {
  const wildcards = files.lastIndexOf('/year=*/');
  return files.slice(0, wildcards).replaceAll(/[[*?]/g, '[$&]') + files.slice(wildcards);
}

function formatTypes(columns: readonly Column[], typeOf: (column: Column) => string): string {
  const types = columns.map((column) => `    '${column.name}': '${typeOf(column)}'`);
  return `columns = {\n${types.join(',\n')}\n  }`;
}

/**
 * Formats the columns of a `SELECT` so that it splits lists: their items are joined by `|`; a `|` or backslash in an item
 * has a backslash before it.
 */
function formatLists(columns: readonly Column[]): string {
  const lists = columns.filter(isList).map(({ name, type }) => {
    const items = String.raw`regexp_extract_all('|' || ${name}, '\|((?:[^\\|]|\\.)*)', 1)`;
    const list = String.raw`list_transform(${items}, lambda item: regexp_replace(item, '\\(.)', '\1', 'g'))`;
    return `  CAST(CASE WHEN ${name} = '' THEN [] ELSE ${list} END AS ${TYPES[type]}) AS ${name}`;
  });
  return lists.length === 0 ? '*' : `* REPLACE (\n${lists.join(',\n')}\n)`;
}

function isList({ type }: Column): boolean {
  return type === 'stringList' || type === 'integerList';
}
