import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { JsonObject } from '../../sandbox/catalogue/tmdb-movie.ts';
import { createCatalogue } from '../../sandbox/catalogue.ts';
import { initialOf } from '../../src/imdb/title-partition.ts';
import { partKey } from '../../src/lake/keys.ts';
import { type Partition, partitionName } from '../../src/partition.ts';
import { encodeTable } from '../../src/tables/encode-table.ts';
import { type ExportFormat, SUFFIXES } from '../../src/tables/formats.ts';
import { toLine } from '../../src/tables/line.ts';
import { encodePart } from '../../src/tables/part.ts';
import { movieRow, type Row, reviewRow, titleRow } from '../../src/tables/rows.ts';
import { TABLE_NAMES, type TableName } from '../../src/tables/schema.ts';
import { formatLoadScripts } from '../../src/tables/sql/load-scripts.ts';

/** A partition: the lines of its documents, and the rows of its titles. */
export interface InventedPartition {
  readonly partition: Partition;
  readonly movies: readonly string[];
  readonly reviews: readonly string[];
  readonly titles: readonly Row[];
}

/** The rows of the tables, by year. */
export type YearRows = ReadonlyMap<number, Readonly<Record<TableName, readonly Row[]>>>;

/** Invents a lake with some hundred movies, in all states and with all kinds of awkward documents. */
export function inventPartitions(): InventedPartition[] {
  const catalogue = createCatalogue({ initialOf }, { seed: 12, titles: 300, othersPerTitle: 0 });
  const titles = new Map(catalogue.rows.map(({ tconst, primaryTitle }) => [tconst, primaryTitle]));
  const partitions = new Map<
    string,
    { partition: Partition; movies: string[]; reviews: string[]; titles: Row[] }
  >();
  for (const [imdbId, expected] of catalogue.expectedTitles()) {
    const { partition, state, tmdbId, duplicateOf, movieDocument, reviewDocuments = [] } = expected;
    const name = partitionName(partition);
    const tables = partitions.get(name) ?? { partition, movies: [], reviews: [], titles: [] };
    partitions.set(name, tables);
    if (movieDocument) tables.movies.push(lineOf(withRevenue(movieDocument)));
    tables.reviews.push(...reviewDocuments.map(lineOf));
    const record = {
      state,
      // Some were downloaded more than half a year ago.
      at: partition.year % 2 === 0 ? '2025-03-01T10:15:03.120Z' : '2026-11-22T10:15:03.120Z',
      ...(tmdbId !== undefined && { tmdbId, reviews: reviewDocuments.length }),
      ...(duplicateOf !== undefined && { duplicateOf }),
      ...(state === 'refused' && { reason: 'The ID is invalid.' }),
    };
    tables.titles.push(titleRow({ imdbId, title: titles.get(imdbId), partition, state: record }));
  }
  return [...partitions.values()].sort((a, b) => a.partition.year - b.partition.year);
}

/** Gives a movie with a budget a revenue, which the catalogue's movies lack. */
function withRevenue(document: JsonObject): JsonObject {
  const hasBudget = typeof document.budget === 'number' && document.budget > 0;
  return hasBudget ? { ...document, revenue: Number(document.id) * 100 } : document;
}

function lineOf(document: JsonObject): string {
  return toLine(JSON.stringify(document)) ?? '';
}

/** Returns the rows of the tables of a lake, in the order of the years. */
export function tablesOf(partitions: readonly InventedPartition[]): YearRows {
  const years = new Map<number, Record<TableName, Row[]>>();
  for (const { partition, movies, reviews, titles } of partitions) {
    const tables = years.get(partition.year) ?? { movies: [], reviews: [], titles: [] };
    years.set(partition.year, tables);
    tables.movies.push(...movies.map((line) => movieRow(line, partition)));
    tables.reviews.push(...reviews.map((line) => reviewRow(line, partition)));
    tables.titles.push(...titles);
  }
  return years;
}

/** Writes an export with its scripts to a directory, as `tdd export` does. */
export async function writeExport(place: string, format: ExportFormat, years: YearRows): Promise<void> {
  for (const [year, tables] of years) {
    for (const table of TABLE_NAMES) {
      const file = join(place, table, `year=${year}`, `${table}-${year}${SUFFIXES[format]}`);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, encodeTable(format, table, inOneBatch(tables[table])));
    }
  }
  for (const { name, text } of formatLoadScripts({ format, place })) await writeFile(join(place, name), text);
}

async function* inOneBatch(rows: readonly Row[]): AsyncGenerator<readonly Row[]> {
  yield rows;
}

/** Writes the parts of a lake to a directory. */
export async function writeParts(lake: string, partitions: readonly InventedPartition[]): Promise<void> {
  for (const { partition, ...tables } of partitions) {
    for (const table of ['movies', 'reviews'] as const) {
      const file = join(lake, partKey(table, partition));
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, (await encodePart(tables[table])).body);
    }
  }
}
