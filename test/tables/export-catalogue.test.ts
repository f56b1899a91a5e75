import { cp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCatalogue } from '../../sandbox/catalogue.ts';
import { startImdbStandIn } from '../../sandbox/imdb-stand-in.ts';
import { SANDBOX_API_KEY } from '../../sandbox/tmdb/keys.ts';
import { startTmdbStandIn } from '../../sandbox/tmdb-stand-in.ts';
import { exportTables } from '../../src/app/export.ts';
import { initialOf } from '../../src/imdb/title-partition.ts';
import { createDirectoryLake } from '../../src/lake/directory/directory-lake.ts';
import type { ExportFormat } from '../../src/tables/formats.ts';
import { downloadCatalogue } from '../support/download-catalogue.ts';
import { type DuckDb, openDuckDb, sqlText } from '../support/duckdb.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { tempFolders } from '../support/temp-folder.ts';
import { type ExpectedRow, expectTables } from './expected-tables.ts';

const FORMATS: readonly ExportFormat[] = ['parquet', 'jsonl', 'csv'];
const TABLES = ['movies', 'reviews', 'titles'] as const;

const catalogue = createCatalogue({ initialOf }, { titles: 100, othersPerTitle: 0, years: [2021, 2022] });
const imdbTitles = new Map(catalogue.rows.map(({ tconst, primaryTitle }) => [tconst, primaryTitle]));
const clock = createFakeClock(Date.UTC(2026, 10, 22, 12));
const makeFolder = tempFolders();
let lakeDirectory: string;
let db: DuckDb;

beforeAll(async () => {
  lakeDirectory = makeFolder();
  const [tmdb, imdb] = [await startTmdbStandIn({ catalogue }), await startImdbStandIn({ source: catalogue })];
  await downloadCatalogue(
    { lake: createDirectoryLake({ directory: lakeDirectory }), clock },
    { tmdbUrl: tmdb.url, imdbUrl: imdb.url, apiKey: SANDBOX_API_KEY, run: 'run-1' },
  );
  await Promise.all([tmdb.stop(), imdb.stop()]);
});
beforeEach(async () => {
  db = await openDuckDb();
});
afterEach(() => db.close());

/** Exports a lake and loads the tables with the script of the export. */
async function exportAndLoad(directory: string, format: ExportFormat) {
  const folder = makeFolder();
  const lake = createDirectoryLake({ directory });
  const report = await exportTables({ lake, clock }, createDirectoryLake({ directory: folder }), { format });
  await db.query(await readFile(join(folder, 'load-duckdb.sql'), 'utf8'));
  return report;
}

/** Compares the tables in DuckDB with the expected ones. @returns the first differences. */
async function compareTables(expected: Awaited<ReturnType<typeof expectTables>>): Promise<string[]> {
  const differences: string[] = [];
  for (const table of TABLES) {
    const key = (row: ExpectedRow): string => String(row.review_id ?? `${row.imdb_id}/${row.year}`);
    const rows = new Map((await db.query(`FROM ${table}`)).map((row) => [key(row), row]));
    expect(rows.size).toBe(expected[table].length);
    for (const wanted of expected[table]) {
      const row = rows.get(key(wanted));
      for (const name of Object.keys({ ...wanted, ...row })) {
        const [one, other] = [wanted[name], normalize(row?.[name])].map((value) => JSON.stringify(value));
        if (one !== other)
          differences.push(
            `${table}.${name} of ${key(wanted)}: ${one?.slice(0, 200)}, not ${other?.slice(0, 200)}`,
          );
      }
    }
  }
  return differences.slice(0, 20);
}

/** Converts DuckDB's notation of timestamps to milliseconds. */
function normalize(value: unknown): unknown {
  const isTimestamp = typeof value === 'string' && /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?$/.test(value);
  return isTimestamp ? Date.parse(`${value}Z`) : value;
}

describe('the tables of a lake with awkward documents', () => {
  it.each(FORMATS)('equal the documents in an export to %s', async (format) => {
    const report = await exportAndLoad(lakeDirectory, format);
    expect(report).toMatchObject({ documentsRead: 0, unreadable: [] });
    expect(report.tables.movies.rows).toBeGreaterThan(80);
    expect(report.tables.reviews.rows).toBeGreaterThan(200);
    expect(await compareTables(await expectTables(lakeDirectory, imdbTitles))).toEqual([]);
  });

  it.each(['movies', 'reviews'] as const)('equal the documents in the parts of %s', async (table) => {
    const expected = (await expectTables(lakeDirectory, imdbTitles))[table];
    const files = sqlText(join(lakeDirectory, `tmdb/tables/${table}/*/*/*.jsonl.gz`));
    const rows = await db.query(`FROM read_ndjson_objects(${files}, hive_partitioning = true)`);
    const lines = rows.map(({ json, year, initial }) => `${year}/${initial} ${json}`);
    expect(lines.sort()).toEqual(
      expected.map(({ document, year, initial }) => `${year}/${initial} ${document}`).sort(),
    );
    const [first = {}] = expected;
    const names = Object.keys(JSON.parse(String(first.document)));
    const columns = `{${names.map((name) => `${sqlText(name)}: 'JSON'`)}}`;
    const parsed = await db.query(`FROM read_json(${files}, columns = ${columns})`);
    const fields = parsed.map((row) => names.map((name) => JSON.parse(String(row[name] ?? null))));
    const wanted = expected.map(({ document }) => {
      const json = JSON.parse(String(document));
      return names.map((name) => json[name] ?? null);
    });
    const sort = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).sort();
    expect(sort(fields)).toEqual(sort(wanted));
  });

  it('equal the documents of an earlier version, whose manifests have no parts', async () => {
    const directory = makeFolder();
    await cp(lakeDirectory, directory, { recursive: true });
    await rm(join(directory, 'tmdb/tables'), { recursive: true });
    for (const path of await listFiles(join(directory, 'tmdb/manifests'))) {
      const manifest = JSON.parse(await readFile(path, 'utf8'));
      for (const state of Object.values<Record<string, unknown>>(manifest.titles)) delete state.reviewIds;
      await writeFile(path, JSON.stringify({ ...manifest, parts: undefined }));
    }
    const expected = await expectTables(directory, imdbTitles);
    const report = await exportAndLoad(directory, 'jsonl');
    expect(report).toMatchObject({
      documentsRead: expected.movies.length + expected.reviews.length,
      unreadable: [],
    });
    expect(await compareTables(expected)).toEqual([]);
    const again = await exportTables(
      { lake: createDirectoryLake({ directory }), clock },
      createDirectoryLake({ directory: makeFolder() }),
      { format: 'jsonl' },
    );
    expect(again).toMatchObject({ documentsRead: 0, tables: report.tables });
  });

  it('equal the readable documents of the Python tool, and name the others', async () => {
    const directory = makeFolder();
    for (const kind of ['movies', 'reviews']) {
      await cp(join(lakeDirectory, 'tmdb', kind), join(directory, 'tmdb', kind), { recursive: true });
    }
    const movies = await listFiles(join(directory, 'tmdb/movies'));
    // The Python tool has only the second name of the IMDb ID.
    for (const path of movies) {
      const document = await readFile(path, 'utf8');
      await writeFile(path, document.replace(/,"idIMDB":"tt\d+"/, '').replace('{', '{\r\n  '));
    }
    const reviews = await listFiles(join(directory, 'tmdb/reviews'));
    const truncated = [movies[7] ?? '', reviews[7] ?? ''];
    for (const path of truncated) await truncate(path, 100);
    const expected = await expectTables(directory, new Map());
    const report = await exportAndLoad(directory, 'parquet');
    expect(report.unreadable.toSorted()).toEqual(
      truncated.map((path) => path.slice(directory.length + 1).replaceAll('\\', '/')),
    );
    expect(await compareTables(expected)).toEqual([]);
  });
});

async function listFiles(folder: string): Promise<string[]> {
  const paths = await readdir(folder, { recursive: true });
  return paths
    .filter((path) => path.endsWith('.json'))
    .map((path) => join(folder, path))
    .sort();
}
