import type { ExportFormat } from '../formats.ts';
import { type Column, TABLE_NAMES, TABLES } from '../schema.ts';
import { formatColumns, sqlString, type TypeNames } from './format-columns.ts';
import { bucketOf, type LoadScriptOptions } from './place.ts';

const SUPER = 'SUPER';

/** https://docs.aws.amazon.com/redshift/latest/dg/c_Supported_data_types.html; 65535 bytes are the maximum of VARCHAR. */
const TYPES: TypeNames = {
  string: 'VARCHAR(65535)',
  integer: 'INTEGER',
  bigint: 'BIGINT',
  double: 'DOUBLE PRECISION',
  boolean: 'BOOLEAN',
  date: 'DATE',
  timestamp: 'TIMESTAMP',
  stringList: SUPER,
  integerList: SUPER,
};

/** In CSV files, lists are text that is not JSON, which a SUPER column would need. */
const CSV_TYPES: TypeNames = { ...TYPES, stringList: TYPES.string, integerList: TYPES.string };

/**
 * The clauses of COPY. It maps the columns of Parquet and CSV files by position:
 * https://docs.aws.amazon.com/redshift/latest/dg/copy-usage_notes-copy-from-columnar.html,
 * https://docs.aws.amazon.com/redshift/latest/dg/copy-parameters-data-format.html.
 */
const FORMATS: Readonly<Record<ExportFormat, string>> = {
  parquet: 'FORMAT AS PARQUET',
  jsonl: "FORMAT AS JSON 'auto' GZIP DATEFORMAT 'auto' TIMEFORMAT 'auto'",
  csv: "FORMAT AS CSV IGNOREHEADER 1 EMPTYASNULL DATEFORMAT 'auto' TIMEFORMAT 'auto'",
};

const NOTES: Readonly<Record<ExportFormat, readonly string[]>> = {
  parquet: [
    '-- The bucket must be in the region of Redshift. document is a string: JSON_PARSE(document::VARCHAR) converts it.',
  ],
  jsonl: [
    "-- If the bucket is in another region than Redshift, add, for example, REGION 'eu-west-1' to each COPY.",
    '-- document is a string: JSON_PARSE(document::VARCHAR) converts it.',
  ],
  csv: [
    "-- If the bucket is in another region than Redshift, add, for example, REGION 'eu-west-1' to each COPY. Empty strings",
    "-- become NULL. Lists are strings: SPLIT_TO_ARRAY(genre_names, '|') converts one. document is parsed JSON.",
  ],
};

/**
 * Formats the statements that create the tables in Redshift and load the files. A COPY fails at the first row that it
 * cannot load, so that no row is lost silently; the transaction then keeps the tables as they were.
 */
export function formatRedshiftScript({ format, place }: LoadScriptOptions): string {
  const { url, comment } = bucketOf(place);
  const blocks = [
    [
      '-- Loads the tables movies, reviews and titles into the schema tmdb of Amazon Redshift, replacing earlier ones.',
      "-- The default IAM role of the cluster or namespace needs s3:GetObject and s3:ListBucket for the export's bucket.",
      ...NOTES[format],
      '-- Redshift limits a string to 65,535 bytes. For larger documents, set its parameter enable_large_strings_opt_in.',
      ...comment,
    ].join('\n'),
    'CREATE SCHEMA IF NOT EXISTS tmdb;',
    'BEGIN;',
    ...TABLE_NAMES.flatMap((table) => {
      const columns = TABLES[table];
      const nested = columns.some((column) => typeOf(column, format) === SUPER);
      return [
        `DROP TABLE IF EXISTS tmdb.${table};`,
        `CREATE TABLE tmdb.${table} (\n${formatColumns(columns, (column) => typeOf(column, format))}\n);`,
        [
          `COPY tmdb.${table}`,
          `FROM ${sqlString(`${url}/${table}/`)}`,
          'IAM_ROLE default',
          `${FORMATS[format]}${format === 'parquet' && nested ? ' SERIALIZETOJSON' : ''};`,
        ].join('\n'),
      ];
    }),
    'COMMIT;',
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** A document is SUPER, whose strings can be longer than those of VARCHAR, if Redshift is configured so. */
function typeOf({ type, from }: Column, format: ExportFormat): string {
  if (from === 'document') return SUPER;
  return (format === 'csv' ? CSV_TYPES : TYPES)[type];
}
