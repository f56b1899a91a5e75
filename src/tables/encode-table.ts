import { encodeCsv } from './encode-csv.ts';
import { encodeJsonLines } from './encode-json-lines.ts';
import type { ExportFormat } from './formats.ts';
import type { Row } from './rows.ts';
import { TABLES, type TableName } from './schema.ts';

/**
 * Encodes rows to one file. Memory holds a few megabytes of the file, whatever its size, and the largest row. The bytes
 * depend only on the rows, not on how they are divided into batches.
 * @throws any error that `batches` throws.
 */
export async function* encodeTable(
  format: ExportFormat,
  table: TableName,
  batches: AsyncIterable<readonly Row[]>,
): AsyncGenerator<Uint8Array> {
  const columns = TABLES[table];
  if (format === 'jsonl') yield* encodeJsonLines(columns, batches);
  else if (format === 'csv') yield* encodeCsv(columns, batches);
  else {
    // Loaded on demand: no other command needs the library.
    const { encodeParquet } = await import('./encode-parquet.ts');
    yield* encodeParquet(columns, batches);
  }
}
