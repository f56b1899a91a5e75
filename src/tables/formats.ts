import { GZIP_TYPE } from '../lake/keys.ts';

/** The formats of an export. */
export type ExportFormat = 'parquet' | 'jsonl' | 'csv';

/** The ends of the names of an export's files. */
export const SUFFIXES: Readonly<Record<ExportFormat, string>> = {
  parquet: '.parquet',
  jsonl: '.jsonl.gz',
  csv: '.csv',
};

/** The content types of an export's files. https://www.iana.org/assignments/media-types/ */
export const CONTENT_TYPES: Readonly<Record<ExportFormat, string>> = {
  parquet: 'application/vnd.apache.parquet',
  jsonl: GZIP_TYPE,
  csv: 'text/csv',
};
