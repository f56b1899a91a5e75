/** The formats of an export. */
export type ExportFormat = 'parquet' | 'jsonl' | 'csv';

/** The ends of the names of an export's files. */
export const SUFFIXES: Readonly<Record<ExportFormat, string>> = {
  parquet: '.parquet',
  jsonl: '.jsonl.gz',
  csv: '.csv',
};
