import { formatAthenaScript } from './athena.ts';
import { formatDuckDbScript } from './duckdb.ts';
import type { LoadScriptOptions } from './place.ts';
import { formatRedshiftScript } from './redshift.ts';

/** A script that loads an export. */
export interface LoadScript {
  /** Its file name, in the directory of the export. */
  readonly name: string;
  readonly text: string;
}

/** Formats the scripts that load an export into DuckDB, Amazon Athena and Amazon Redshift. */
export function formatLoadScripts(options: LoadScriptOptions): LoadScript[] {
  return [
    { name: 'load-duckdb.sql', text: formatDuckDbScript(options) },
    { name: 'athena.sql', text: formatAthenaScript(options) },
    { name: 'redshift.sql', text: formatRedshiftScript(options) },
  ];
}
