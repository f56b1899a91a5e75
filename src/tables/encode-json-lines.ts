import { compress } from './compress.ts';
import { joinText } from './join-text.ts';
import type { Row } from './rows.ts';
import type { Column } from './schema.ts';
import { formatTimestamp, type Value } from './values.ts';

/**
 * Encodes rows to gzipped JSON Lines: one object per row, with all columns; NULL is `null`, a date and a timestamp are
 * strings like `2024-01-31` and `2024-01-31 12:34:56.789`.
 */
export function encodeJsonLines(
  columns: readonly Column[],
  batches: AsyncIterable<readonly Row[]>,
): AsyncIterable<Uint8Array> {
  // One call for each row takes a fifth less time than one for each value; so does using one object for all rows.
  const object: Record<string, Value> = {};
  const format = (row: Row) => {
    for (const [index, { name, type }] of columns.entries()) {
      const value = row[index] ?? null;
      object[name] = type === 'timestamp' && value !== null ? formatTimestamp(Number(value)) : value;
    }
    return `${JSON.stringify(object)}\n`;
  };
  return compress(joinText(batches, format));
}
