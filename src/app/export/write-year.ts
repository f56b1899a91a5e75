import { once } from 'node:events';
import { PassThrough } from 'node:stream';
import { destroyOnAbort } from '../../lake/abortable-source.ts';
import type { Lake } from '../../lake/lake.ts';
import { encodeTable } from '../../tables/encode-table.ts';
import { exportFileKey } from '../../tables/export-keys.ts';
import { CONTENT_TYPES, type ExportFormat } from '../../tables/formats.ts';
import { movieRow, type Row, reviewRow, titleRow } from '../../tables/rows.ts';
import { TABLE_NAMES, type TableName } from '../../tables/schema.ts';
import type { TableSize } from './export-record.ts';
import type { PartitionContent } from './read-partition.ts';

/** A partition and IMDb's titles by ID. */
export interface ExportedPartition extends PartitionContent {
  readonly imdbTitles: ReadonlyMap<string, string>;
}

/** Rows are converted and encoded in batches of this size. */
const ROWS_PER_BATCH = 250;
/** The number of batches of a table that wait for its encoder. */
const BATCHES_AHEAD = 2;

/** Writes the three files of a year at the same time. Each appears complete or not at all. */
export interface YearWriter {
  /**
   * Writes the rows of a partition. Partitions must come sorted by initial.
   * @throws the first error of the destination, and the signal's reason.
   */
  write(partition: ExportedPartition): Promise<void>;
  /** Call this after the last partition. */
  end(): void;
  /** The rows and bytes of each file, when all are complete. @throws the same errors. */
  readonly written: Promise<Record<TableName, TableSize>>;
}

/** Creates the writer of a year. It ends when `options.signal` is aborted. */
export function createYearWriter(
  { target }: { readonly target: Lake },
  { year, format }: { readonly year: number; readonly format: ExportFormat },
  options: { readonly signal: AbortSignal },
): YearWriter {
  const failing = new AbortController();
  const signal = AbortSignal.any([failing.signal, options.signal]);
  const files = {
    movies: createFile('movies'),
    reviews: createFile('reviews'),
    titles: createFile('titles'),
  };
  const written = awaitFiles();
  written.catch(() => {}); // `write` throws the same error.
  return {
    written,
    write: async ({ partition, movies, reviews, titles, imdbTitles }) => {
      await files.movies.send(movies, (line) => movieRow(line, partition));
      await files.reviews.send(reviews, (line) => reviewRow(line, partition));
      await files.titles.send(titles, ({ imdbId, state }) =>
        titleRow({ imdbId, state, title: imdbTitles.get(imdbId) || undefined, partition }),
      );
    },
    end: () => {
      for (const name of TABLE_NAMES) files[name].channel.end();
    },
  };

  /** After the first error, none of the files appears. */
  async function awaitFiles(): Promise<Record<TableName, TableSize>> {
    const fail = (error: unknown) => failing.abort(error);
    await Promise.all(TABLE_NAMES.map((name) => files[name].written.catch(fail)));
    signal.throwIfAborted();
    return { movies: files.movies.size, reviews: files.reviews.size, titles: files.titles.size };
  }

  function createFile(name: TableName) {
    const channel = new PassThrough({ objectMode: true, highWaterMark: BATCHES_AHEAD });
    channel.on('error', () => {}); // Its reader throws it.
    destroyOnAbort(channel, signal);
    const size = { rows: 0, bytes: 0 };
    async function* encoded(): AsyncGenerator<Uint8Array> {
      for await (const chunk of encodeTable(format, name, channel)) {
        size.bytes += chunk.length;
        yield chunk;
      }
    }
    const key = exportFileKey(name, year, format);
    const written = target.writeStream(key, encoded(), CONTENT_TYPES[format], { signal });
    return { channel, size, written, send };

    async function send<Item>(items: readonly Item[], toRow: (item: Item) => Row): Promise<void> {
      size.rows += items.length;
      for (let next = 0; next < items.length; next += ROWS_PER_BATCH) {
        signal.throwIfAborted();
        const batch = items.slice(next, next + ROWS_PER_BATCH).map(toRow);
        if (channel.write(batch)) continue;
        await once(channel, 'drain', { signal }).catch(() => {});
        signal.throwIfAborted();
      }
    }
  }
}
