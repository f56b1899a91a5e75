import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import type { ColumnType } from '../../src/tables/schema.ts';

/** The type that a column must have in DuckDB. */
export const DUCKDB_TYPES: Readonly<Record<ColumnType, string>> = {
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

/** An in-memory DuckDB. */
export interface DuckDb {
  /**
   * Runs SQL, which can be several statements.
   * @returns the rows of the last one, with the values as JSON has them: lists as arrays, 64-bit integers and decimals as
   * strings, dates as `2024-01-31`, timestamps as `2024-01-31 12:34:56.789`.
   */
  query(sql: string): Promise<Record<string, unknown>[]>;
  close(): void;
}

/** Opens an in-memory DuckDB, which computes with one thread, in UTC. */
export async function openDuckDb(): Promise<DuckDb> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    autoinstall_known_extensions: 'false',
  });
  const connection: DuckDBConnection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return {
    query: async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson(),
    close: () => {
      connection.closeSync();
      instance.closeSync();
    },
  };
}

/** Quotes a string, such as a path, for SQL. */
export function sqlText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
