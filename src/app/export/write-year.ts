import { once } from 'node:events';
import { PassThrough } from 'node:stream';
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

/**
 * Writes the three files of a year at the same time. Each appears complete or not at all.
 * @param partitions of the year, sorted by initial.
 * @returns the rows and bytes of each file.
 * @throws the first error of `partitions` or of the destination.
 */
export async function writeYear(
  { target }: { readonly target: Lake },
  { year, format }: { readonly year: number; readonly format: ExportFormat },
  partitions: AsyncIterable<ExportedPartition>,
  options: { readonly signal: AbortSignal },
): Promise<Record<TableName, TableSize>> {
  const failing = new AbortController();
  const signal = AbortSignal.any([failing.signal, options.signal]);
  const files = {
    movies: createFile('movies'),
    reviews: createFile('reviews'),
    titles: createFile('titles'),
  };
  await Promise.all(
    [sendRows(), ...TABLE_NAMES.map((name) => files[name].written)].map((work) => work.catch(fail)),
  );
  signal.throwIfAborted();
  return { movies: files.movies.size, reviews: files.reviews.size, titles: files.titles.size };

  async function sendRows(): Promise<void> {
    for await (const { partition, movies, reviews, titles, imdbTitles } of partitions) {
      await files.movies.send(movies, (line) => movieRow(line, partition));
      await files.reviews.send(reviews, (line) => reviewRow(line, partition));
      await files.titles.send(titles, ({ imdbId, state }) =>
        titleRow({ imdbId, state, title: imdbTitles.get(imdbId) || undefined, partition }),
      );
    }
    for (const name of TABLE_NAMES) files[name].channel.end();
  }

  /** Ends all files after the first error. None of them appears. */
  function fail(error: unknown): void {
    failing.abort(error);
    for (const name of TABLE_NAMES) files[name].channel.destroy(signal.reason);
  }

  function createFile(name: TableName) {
    const channel = new PassThrough({ objectMode: true, highWaterMark: BATCHES_AHEAD });
    channel.on('error', () => {}); // Its reader throws it.
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
        const batch = items.slice(next, next + ROWS_PER_BATCH).map(toRow);
        if (!channel.write(batch)) await once(channel, 'drain', { signal });
      }
    }
  }
}
