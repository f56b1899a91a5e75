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
  const starts = columns.map(({ name }, index) => `${index === 0 ? '{' : ','}"${name}":`);
  const timestamps = columns.map(({ type }) => type === 'timestamp');
  const format = (row: Row) => {
    let line = '';
    for (let index = 0; index < starts.length; index++) {
      line += starts[index] + formatValue(row[index] ?? null, timestamps[index] === true);
    }
    return `${line}}\n`;
  };
  return compress(joinText(batches, format));
}

function formatValue(value: Value, isTimestamp: boolean): string {
  if (typeof value === 'number') return isTimestamp ? `"${formatTimestamp(value)}"` : String(value);
  return JSON.stringify(value);
}
