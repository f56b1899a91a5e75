import { setMaxListeners } from 'node:events';
import { type Clock, systemClock } from '../clock.ts';
import { type Lake, withSignal } from '../lake/lake.ts';
import { limitReads } from '../lake/limit-reads.ts';
import { createLimit } from '../limit.ts';
import type { ExportFormat } from '../tables/formats.ts';
import type { TableName } from '../tables/schema.ts';
import { requireOutside } from './export/destination.ts';
import { explainEmptyLake } from './export/empty-lake.ts';
import { type ExportRecord, openExportRecord, type TableSize } from './export/export-record.ts';
import { createKeptManifests } from './export/kept-manifests.ts';
import { openPartitionReader } from './export/partition-reader.ts';
import { chooseYears, countWork, type ExportPlan } from './export/plan-export.ts';
import { isInRange, surveyLake } from './export/survey.ts';
import { writeLoadScripts } from './export/write-load-scripts.ts';
import { writeYears } from './export/write-years.ts';

export type { ExportPlan } from './export/plan-export.ts';

/** Options of an export. */
export interface ExportOptions {
  /** The format of the files. An export has one format. */
  readonly format: ExportFormat;
  /** The first year. Files of earlier years stay as they are. */
  readonly minYear?: number | undefined;
  /** The last year. Files of later years stay as they are. */
  readonly maxYear?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called before anything is written. If it throws, nothing is. */
  readonly onPlan?: ((plan: ExportPlan) => void | Promise<void>) | undefined;
  /** Called after each partition. */
  readonly onProgress?: ((progress: ExportProgress) => void) | undefined;
  /**
   * Called once if the parts of partitions that lack them cannot be written into the lake, with the reason. The export is
   * still complete, but the next one reads these documents again.
   */
  readonly onPartsNotWritten?: ((reason: string) => void) | undefined;
  /** Called once, with the reason, if IMDb's titles cannot be read. They are then NULL. */
  readonly onTitlesMissing?: ((reason: string) => void) | undefined;
}

/** The progress of an export. */
export interface ExportProgress {
  /** The year that is being written. */
  readonly year: number;
  /** Of the years to write. */
  readonly years: { readonly done: number; readonly total: number };
  /** Of the movies in these years. */
  readonly movies: { readonly done: number; readonly total: number };
}

/** The result of an export. */
export interface ExportReport {
  /** The lake. */
  readonly from: string;
  /** The destination. */
  readonly to: string;
  readonly format: ExportFormat;
  readonly years: {
    /** The years that this run has written. */
    readonly written: readonly number[];
    /** The number of years that were up to date. */
    readonly unchanged: number;
  };
  /** The sizes of all files in the destination, whenever they were written. */
  readonly tables: Readonly<Record<TableName, TableSize>>;
  /** The number of documents that were read one by one, because the lake had no part with them. */
  readonly documentsRead: number;
  /** The number of partitions whose parts this run has written into the lake. */
  readonly partsWritten: number;
  /** The keys of the documents that are missing in the export, because they are damaged or missing in the lake. */
  readonly unreadable: readonly string[];
  /** The number of partitions whose download is not complete: the export does not have their missing movies. */
  readonly incomplete: number;
  readonly seconds: number;
}

/** Of the lake, one connection each; the S3 client has 50. */
const READS_AT_ONCE = 32;

/**
 * Writes the movies, reviews and titles of a lake to files of one format, three for each year, and SQL scripts that load them.
 * Years that have not changed since the last export are skipped, and an interrupted export is resumed: each file
 * appears complete or not at all. Complete partitions whose documents had to be read one by one get their parts in the lake.
 * @param target the destination, as `openDestination` opens it.
 *
 * @example
 * const lake = await openLake('./lake');
 * const report = await exportTables({ lake }, await openDestination('./tables'), { format: 'parquet' });
 *
 * @throws {UsageError} when the lake is empty, or the destination is the lake or one of its folders, or has an export in
 *   another format or of another lake.
 * @throws {UserError} when the lake was written by a newer version; the errors of the lake and the destination.
 * @throws the signal's reason when it is aborted.
 */
export async function exportTables(
  connection: { readonly lake: Lake; readonly clock?: Clock },
  target: Lake,
  options: ExportOptions,
): Promise<ExportReport> {
  const failing = new AbortController();
  const signal = AbortSignal.any([failing.signal, ...(options.signal ? [options.signal] : [])]);
  setMaxListeners(0, signal); // Each call in flight listens to it.
  const lake = limitReads(withSignal(connection.lake, signal), createLimit(READS_AT_ONCE));
  try {
    return await run(
      { lake, target: withSignal(target, signal), clock: connection.clock ?? systemClock, failing, signal },
      options,
    );
  } finally {
    failing.abort(new Error('The export has ended.')); // Ends what was read ahead.
  }
}

async function run(
  {
    lake,
    target,
    clock,
    failing,
    signal,
  }: {
    readonly lake: Lake;
    readonly target: Lake;
    readonly clock: Clock;
    /** Ends everything in progress. */
    readonly failing: AbortController;
    /** Aborted by `failing` or by the caller. */
    readonly signal: AbortSignal;
  },
  { format, minYear, maxYear, onPlan, onProgress, onPartsNotWritten, onTitlesMissing }: ExportOptions,
): Promise<ExportReport> {
  const startedMs = clock.monotonic();
  const range = { minYear, maxYear };
  await requireOutside({ lake }, target);
  const record = await openExportRecord({ target }, { format, from: lake.url });
  const incomplete = new Map([...record.years].map(([year, known]) => [year, known.incomplete ?? []]));
  const { years: survey, isEmpty } = await surveyLake({ lake }, range, incomplete);
  if (isEmpty) throw await explainEmptyLake({ lake });
  const { years, unchanged } = await chooseYears({ target }, { survey, record, format, range });
  const manifests = createKeptManifests();
  const work = await countWork({ lake, manifests }, years);
  await onPlan?.({ years: years.length, unchanged, ...work });
  if (years.length > 0) await record.claim();
  await writeLoadScripts({ target }, format);
  const reader = await openPartitionReader(
    { lake, manifests },
    { signal, onPartsNotWritten, onTitlesMissing },
  );
  const written = await writeYears(
    { target, reader, record, failing },
    { years, format },
    {
      signal,
      onProgress: ({ year, yearsDone, moviesDone }) =>
        onProgress?.({
          year,
          years: { done: yearsDone, total: years.length },
          movies: { done: Math.min(moviesDone, work.movies), total: work.movies },
        }),
    },
  );
  return {
    from: lake.url,
    to: target.url,
    format,
    years: { written, unchanged },
    tables: sumTables(record),
    ...reader.done,
    unreadable: [...record.years]
      .sort(([a], [b]) => a - b)
      .flatMap(([year, { unreadable = [] }]) => (isInRange(year, range) ? unreadable : [])),
    incomplete: [...record.years].reduce(
      (sum, [year, { incomplete = [] }]) => sum + (isInRange(year, range) ? incomplete.length : 0),
      0,
    ),
    seconds: (clock.monotonic() - startedMs) / 1_000,
  };
}

function sumTables({ years }: ExportRecord): Record<TableName, TableSize> {
  const sum = (name: TableName): TableSize => {
    let rows = 0;
    let bytes = 0;
    for (const { tables } of years.values()) {
      rows += tables[name].rows;
      bytes += tables[name].bytes;
    }
    return { rows, bytes };
  };
  return { movies: sum('movies'), reviews: sum('reviews'), titles: sum('titles') };
}
