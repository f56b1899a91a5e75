import { FIRST_YEAR, LAST_YEAR } from '../../partition.ts';
import { TABLE_NAMES, TABLES } from '../schema.ts';
import { formatColumns, type TypeNames } from './format-columns.ts';
import { bucketOf, type LoadScriptOptions } from './place.ts';

/** https://docs.aws.amazon.com/athena/latest/ug/data-types.html */
const TYPES: TypeNames = {
  string: 'string',
  integer: 'int',
  bigint: 'bigint',
  double: 'double',
  boolean: 'boolean',
  date: 'date',
  timestamp: 'timestamp',
  stringList: 'array<string>',
  integerList: 'array<int>',
};

/**
 * How Athena reads the files. AWS recommends the Hive JSON SerDe, because results of OpenX's can vary:
 * https://docs.aws.amazon.com/athena/latest/ug/openx-json-serde.html.
 */
const FORMATS = {
  parquet: ['STORED AS PARQUET'],
  jsonl: [
    "ROW FORMAT SERDE 'org.apache.hive.hcatalog.data.JsonSerDe'",
    "WITH SERDEPROPERTIES ('timestamp.formats' = 'yyyy-MM-dd HH:mm:ss.SSS')",
  ],
} as const;

/**
 * Formats the statements that define the tables in Athena, partitioned by year. The years are projected, so that no
 * partition has to be registered: https://docs.aws.amazon.com/athena/latest/ug/partition-projection.html.
 */
export function formatAthenaScript({ format, place }: LoadScriptOptions): string {
  if (format === 'csv') return CSV;
  const { url, comment } = bucketOf(place);
  const blocks = [
    [
      '-- Defines the tables movies, reviews and titles of the database tmdb in Amazon Athena. Athena runs one statement at',
      '-- a time. Dropping a table deletes its definition only; the files stay.',
      ...comment,
    ].join('\n'),
    'CREATE DATABASE IF NOT EXISTS tmdb;',
    ...TABLE_NAMES.flatMap((table) => [
      `DROP TABLE IF EXISTS tmdb.${table};`,
      [
        `CREATE EXTERNAL TABLE tmdb.${table} (`,
        formatColumns(TABLES[table], ({ type }) => TYPES[type]),
        ')',
        'PARTITIONED BY (year int)',
        ...FORMATS[format],
        `LOCATION ${hiveString(`${url}/${table}/`)}`,
        'TBLPROPERTIES (',
        "  'projection.enabled' = 'true',",
        "  'projection.year.type' = 'integer',",
        `  'projection.year.range' = '${FIRST_YEAR},${LAST_YEAR}',`,
        `  'storage.location.template' = ${hiveString(`${url}/${table}/year=\${year}/`)}`,
        ');',
      ].join('\n'),
    ]),
  ];
  return `${blocks.join('\n\n')}\n`;
}

/** Athena cannot read the files: https://docs.aws.amazon.com/athena/latest/ug/csv-serde.html. */
const CSV = `-- Amazon Athena cannot read this export: its CSV reader does not support line breaks in values, which overviews and
-- reviews have, and would return wrong rows. Export the lake as Parquet or JSON Lines to another destination:
--   tdd export --format parquet --to PLACE
-- and run the athena.sql of that export.
`;

/** Quotes a string for Hive's DDL, in which a backslash escapes. */
function hiveString(text: string): string {
  return `'${text.replaceAll(/['\\]/g, '\\$&')}'`;
}
