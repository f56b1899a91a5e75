import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { atMost, type BenchRow } from './bench-row.ts';
import { buildChild } from './build-child.ts';
import { changePartition, type LakeShape, makeLake } from './make-lake.ts';
import type { Measured } from './tables-child.ts';

const run = promisify(execFile);

/** DuckDB reads the documents of this many years: with all 100,000 files, it takes more than five minutes. */
const DUCKDB_YEARS = 4;

/**
 * Measures exports of a synthetic lake in a directory: from single documents, which gives the lake its parts; from these parts
 * in each format; again without a change, and with one changed partition. For comparison, gzip of the same documents, and
 * DuckDB reading some of the single documents. Everything is measured once, and shown at once. (The share of the CPU that
 * parts take of a download is in the bench of downloads.)
 */
export async function runTablesBench(shape: LakeShape = {}): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tdd-bench-tables-'));
  const rows: BenchRow[] = [];
  const add = (...measured: Parameters<typeof atMost>) => {
    const row = atMost(...measured);
    rows.push(row);
    process.stderr.write(`  ${row.name}: ${row.figure.toFixed(2)} ${row.unit}\n`);
  };
  try {
    const child = await buildChild('tables-child.ts', folder);
    const lake = join(folder, 'lake');
    const measure = async (what: string, to = what): Promise<Measured> => {
      const { stdout } = await run(process.execPath, [child, what, lake, join(folder, to)], { cwd: folder });
      return JSON.parse(stdout);
    };
    const changed = await makeLake(lake, 'documents', shape);

    const single = await measure('parquet', 'single');
    add('parquet from single documents', single.seconds, 60, 's');
    add('parquet from single documents: peak memory', single.peakMb, 300, 'MB');
    const duckdb = await measureDuckdb(lake, join(folder, 'duckdb.parquet'));
    const scaled = (duckdb.seconds * single.movies) / duckdb.rows;
    add(`DuckDB: parquet from ${duckdb.rows} single documents, scaled to all`, scaled, undefined, 's');
    add('parquet from single documents, relative to DuckDB', single.seconds / scaled, undefined, '×');

    const gzip = await measure('gzip');
    add('gzip of all documents, level 6', gzip.seconds, undefined, 's');
    if (single.movies !== gzip.movies)
      throw new Error(`${single.movies} and ${gzip.movies} movies were read.`);
    for (const [format, budget] of [
      ['jsonl', 20],
      ['parquet', 30],
      ['csv', undefined],
    ] as const) {
      const { seconds, peakMb } = await measure(format);
      add(`${format} from parts`, seconds, budget, 's');
      add(`${format} from parts, relative to gzip`, seconds / gzip.seconds, undefined, '×');
      add(`${format} from parts: peak memory`, peakMb, 300, 'MB');
    }
    const again = await measure('parquet');
    add('parquet again, without changes', again.seconds, 2, 's');
    await changePartition(lake, changed);
    const one = await measure('parquet');
    add('parquet again, one changed year', one.seconds, undefined, 's');
    if (again.yearsWritten !== 0 || one.yearsWritten !== 1)
      throw new Error(`${again.yearsWritten} and ${one.yearsWritten} years were written, not 0 and 1.`);
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Measures what a user without parts and `tdd export` does: DuckDB reads each document of a movie. */
async function measureDuckdb(lake: string, file: string): Promise<{ seconds: number; rows: number }> {
  const movies = join(lake, 'tmdb/movies');
  const years = (await readdir(movies)).sort().slice(-DUCKDB_YEARS);
  const globs = years.map((year) => `'${movies}/${year}/*/*.json'`).join();
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const started = performance.now();
  const documents = `read_json([${globs}])`;
  const { rowsChanged } = await connection.run(`COPY (FROM ${documents}) TO '${file}' (FORMAT parquet)`);
  const seconds = (performance.now() - started) / 1_000;
  connection.closeSync();
  instance.closeSync();
  return { seconds, rows: rowsChanged };
}
