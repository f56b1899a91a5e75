import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';

/**
 * Loads an exported folder of tables into DuckDB, with the script of the export.
 * @returns a function that runs SQL and returns the rows; 64-bit integers and dates are texts.
 */
export async function openTables(
  folder: string,
  // biome-ignore lint/suspicious/noExplicitAny: rows have the columns of the query
): Promise<(sql: string) => Promise<Record<string, any>[]>> {
  // DuckDB needs this global variable, which Deno's kernel does not define.
  Object.assign(globalThis, { process });
  const { DuckDBInstance } = await import('@duckdb/node-api');
  const connection = await (await DuckDBInstance.create()).connect();
  await connection.run(await readFile(join(folder, 'load-duckdb.sql'), 'utf8'));
  return async (sql) => (await connection.runAndReadAll(sql)).getRowObjectsJson();
}
