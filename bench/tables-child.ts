import { gunzipSync, gzipSync } from 'node:zlib';
import { exportTables } from '../src/app/export.ts';
import { createDirectoryLake } from '../src/lake/directory/directory-lake.ts';
import { parsePartKey } from '../src/lake/keys.ts';
import { type ExportFormat, SUFFIXES } from '../src/tables/formats.ts';

export interface Measured {
  readonly seconds: number;
  readonly peakMb: number;
  /** The number of movies. */
  readonly movies: number;
  readonly yearsWritten: number;
}

/** zlib's default. */
const LEVEL = 6;
/** Documents are compressed in pieces of this size. */
const PIECE_BYTES = 16 * 1024 * 1024;

// Each measurement runs in its own process, to measure its own peak memory.
const [what = '', from = '', to = ''] = process.argv.slice(2);
const lake = createDirectoryLake({ directory: from });
const measured = what === 'gzip' ? await compress() : await exportTo(to);
process.stdout.write(JSON.stringify({ ...measured, peakMb: process.resourceUsage().maxRSS / 1024 }));

async function exportTo(directory: string): Promise<Omit<Measured, 'peakMb'>> {
  const format = what as ExportFormat;
  if (!Object.hasOwn(SUFFIXES, format)) throw new Error(`There is no format ${what}.`);
  const started = performance.now();
  const { tables, years } = await exportTables({ lake }, createDirectoryLake({ directory }), {
    format,
  });
  return {
    seconds: (performance.now() - started) / 1_000,
    movies: tables.movies.rows,
    yearsWritten: years.written.length,
  };
}

/** Compresses all documents, without reading them from the disk in the measured time. */
async function compress(): Promise<Omit<Measured, 'peakMb'>> {
  let ms = 0;
  let movies = 0;
  let waiting: Buffer[] = [];
  let bytes = 0;
  const flush = () => {
    const piece = Buffer.concat(waiting);
    const started = performance.now();
    gzipSync(piece, { level: LEVEL });
    ms += performance.now() - started;
    waiting = [];
    bytes = 0;
  };
  for await (const { key } of lake.list('tmdb/tables/')) {
    const part = parsePartKey(key);
    const object = await lake.read(key);
    if (part === undefined || object === undefined) continue;
    const text = gunzipSync(object.body);
    if (part.table === 'movies') movies += text.toString('latin1').split('\n').length - 1;
    waiting.push(text);
    bytes += text.length;
    if (bytes > PIECE_BYTES) flush();
  }
  flush();
  return { seconds: ms / 1_000, movies, yearsWritten: 0 };
}
