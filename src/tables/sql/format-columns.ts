import type { Column, ColumnType } from '../schema.ts';

/** An engine's name for each type of the schema. */
export type TypeNames = Readonly<Record<ColumnType, string>>;

/** Formats the column definitions of a `CREATE TABLE`: a line per column, indented, separated by commas. */
export function formatColumns(columns: readonly Column[], typeOf: (column: Column) => string): string {
  return columns.map((column) => `  ${column.name} ${typeOf(column)}`).join(',\n');
}

/** Quotes a string for SQL. */
export function sqlString(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
