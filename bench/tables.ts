import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { atMost, type BenchRow, median } from './bench-row.ts';
import { buildChild } from './build-child.ts';
import { changePartition, type LakeShape, makeLake } from './make-lake.ts';
import type { Measured } from './tables-child.ts';

const run = promisify(execFile);

/**
 * Measures exports of a synthetic lake in a directory: from its parts, again without a change, with one changed partition,
 * and from single documents; for comparison, gzip of the same documents, and DuckDB reading the same single documents.
 * @param rounds of the first export; everything else, and every comparison, is measured once.
 */
export async function runTablesBench(shape: LakeShape = {}, rounds = 3): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tdd-bench-tables-'));
  try {
    const child = await buildChild('tables-child.ts', folder);
    const measure = async (...args: string[]): Promise<Measured> => {
      const { stdout } = await run(process.execPath, [child, ...args], { cwd: folder });
      return JSON.parse(stdout);
    };
    const [parts, documents] = [join(folder, 'parts'), join(folder, 'documents')];
    const changed = await makeLake(parts, 'parts', shape);
    const gzip = await measure('gzip', parts);
    const rows: BenchRow[] = [atMost('gzip of all documents, level 6', gzip.seconds, undefined, 's')];

    for (const [format, budget] of [
      ['jsonl', 20],
      ['parquet', 30],
      ['csv', undefined],
    ] as const) {
      const first: Measured[] = [];
      for (let round = 0; round < rounds; round += 1) {
        const place = join(folder, format);
        await rm(place, { recursive: true, force: true });
        first.push(await measure(format, parts, place));
      }
      const seconds = median(first.map((measured) => measured.seconds));
      rows.push(
        atMost(`${format} (median of ${rounds})`, seconds, budget, 's'),
        atMost(`${format}, relative to gzip`, seconds / gzip.seconds, undefined, '×'),
        atMost(`${format}: peak memory`, Math.max(...first.map(({ peakMb }) => peakMb)), 300, 'MB'),
      );
    }
    const again = await measure('parquet', parts, join(folder, 'parquet'));
    await changePartition(parts, changed);
    const one = await measure('parquet', parts, join(folder, 'parquet'));
    if (again.yearsWritten !== 0 || one.yearsWritten !== 1)
      throw new Error(`${again.yearsWritten} and ${one.yearsWritten} years were written, not 0 and 1.`);
    rows.push(
      atMost('parquet again, without changes', again.seconds, 2, 's'),
      atMost('parquet again, one changed year', one.seconds, undefined, 's'),
    );

    await rm(parts, { recursive: true });
    await makeLake(documents, 'documents', shape);
    const duckdb = await measureDuckdb(documents, join(folder, 'duckdb.parquet'));
    const single = await measure('parquet', documents, join(folder, 'single'));
    if (single.movies !== gzip.movies || duckdb.rows !== gzip.movies)
      throw new Error(`${single.movies} and ${duckdb.rows} of ${gzip.movies} movies were read.`);
    rows.push(
      atMost('DuckDB: parquet from single documents', duckdb.seconds, undefined, 's'),
      atMost('parquet from single documents', single.seconds, 60, 's'),
      atMost('the same, relative to DuckDB', single.seconds / duckdb.seconds, undefined, '×'),
      atMost('parquet from single documents: peak memory', single.peakMb, 300, 'MB'),
    );
    return rows;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Measures what a user without parts and `tdd export` does: DuckDB reads each document of a movie. */
async function measureDuckdb(lake: string, file: string): Promise<{ seconds: number; rows: number }> {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const started = performance.now();
  const documents = `read_json('${lake}/tmdb/movies/*/*/*.json')`;
  const { rowsChanged } = await connection.run(`COPY (FROM ${documents}) TO '${file}' (FORMAT parquet)`);
  const seconds = (performance.now() - started) / 1_000;
  connection.closeSync();
  instance.closeSync();
  return { seconds, rows: rowsChanged };
}
