import { type ExportFormat, SUFFIXES } from './formats.ts';
import type { TableName } from './schema.ts';

/** The record of an export: what each year was built from. */
export const EXPORT_RECORD_KEY = 'export.json';

/** The key of a table's file of one year in an export. Its folders are Hive-style partitions. */
export function exportFileKey(table: TableName, year: number, format: ExportFormat): string {
  return `${table}/year=${year}/${FILE_NAMES[table](year)}${SUFFIXES[format]}`;
}

/** The year is in the names, so that files that are downloaded one by one do not overwrite each other. */
const FILE_NAMES: Readonly<Record<TableName, (year: number) => string>> = {
  movies: (year) => `tmdb-movies-${year}`,
  reviews: (year) => `tmdb-movies-${year}-reviews`,
  titles: (year) => `titles-${year}`,
};
