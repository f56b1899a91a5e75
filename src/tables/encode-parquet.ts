import { ByteWriter, type ColumnSource, ParquetWriter, type SchemaElement } from 'hyparquet-writer';
import type { Row } from './rows.ts';
import { type Column, type ColumnType, SCHEMA_VERSION } from './schema.ts';
import type { Value } from './values.ts';

/** A row group ends after the row that reaches one of these. Memory holds one row group, as text and encoded. */
const GROUP = { chars: 8 * 1024 * 1024, rows: 20_000 } as const;

/** Encodes rows to Parquet: row groups of limited size, compressed with Snappy, which all engines read. */
export async function* encodeParquet(
  columns: readonly Column[],
  batches: AsyncIterable<readonly Row[]>,
): AsyncGenerator<Uint8Array> {
  const bytes = new ByteWriter();
  const writer = new ParquetWriter({
    writer: bytes,
    schema: [{ name: 'table', num_children: columns.length }, ...columns.flatMap(schemaOf)],
    createdBy: `tdd version ${SCHEMA_VERSION}`,
  });
  let group: Row[] = [];
  let chars = 0;
  for await (const batch of batches) {
    for (const row of batch) {
      group.push(row);
      chars += countChars(row);
      if (chars < GROUP.chars && group.length < GROUP.rows) continue;
      yield encodeGroup();
    }
  }
  if (group.length > 0) yield encodeGroup();
  await writer.finish();
  yield takeBytes(bytes);

  function encodeGroup(): Uint8Array {
    const columnData = columns.map((column, index) => toSource(column, group, index));
    group = [];
    chars = 0;
    // Synchronous, because the writer has no flush().
    void writer.write({ columnData, rowGroupSize: Number.MAX_SAFE_INTEGER });
    return takeBytes(bytes);
  }
}

/** Returns the bytes written since the last call. Their positions in the file continue to count. */
function takeBytes(writer: ByteWriter): Uint8Array {
  const bytes = writer.getBytes();
  writer.buffer = new ArrayBuffer(0);
  writer.view = new DataView(writer.buffer);
  writer.index = 0;
  return bytes;
}

function countChars(row: Row): number {
  let chars = 0;
  for (const value of row) {
    if (typeof value === 'string') chars += value.length;
    else if (Array.isArray(value)) for (const item of value) chars += String(item).length;
  }
  return chars;
}

/** The types of Parquet. https://github.com/apache/parquet-format/blob/master/LogicalTypes.md */
const TYPES = {
  string: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  integer: { type: 'INT32' },
  bigint: { type: 'INT64' },
  double: { type: 'DOUBLE' },
  boolean: { type: 'BOOLEAN' },
  date: { type: 'INT32', converted_type: 'DATE' },
  timestamp: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
} as const satisfies Partial<Record<ColumnType, Omit<SchemaElement, 'name'>>>;

function schemaOf({ name, type, required }: Column): SchemaElement[] {
  const repetition_type = required ? 'REQUIRED' : 'OPTIONAL';
  if (type !== 'stringList' && type !== 'integerList') return [{ name, repetition_type, ...TYPES[type] }];
  const item = TYPES[type === 'stringList' ? 'string' : 'integer'];
  return [
    { name, repetition_type, converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type: 'REQUIRED', ...item },
  ];
}

function toSource({ name, type, from }: Column, rows: readonly Row[], index: number): ColumnSource {
  const convert = toPhysical(type);
  const data = rows.map((row) => convert(row[index] ?? null));
  // Documents differ from each other, and nobody compares them.
  if (from === 'document') return { name, data, encoding: 'PLAIN', statistics: false, offsetIndex: false };
  // Nothing uses an index of the pages without their minimums and maximums.
  return { name, data, offsetIndex: false };
}

const MS_PER_DAY = 86_400_000;

function toPhysical(type: ColumnType): (value: Value) => unknown {
  if (type === 'bigint' || type === 'timestamp')
    return (value) => (value === null ? null : BigInt(Number(value)));
  if (type === 'date') return (value) => (value === null ? null : Date.parse(String(value)) / MS_PER_DAY);
  return (value) => value;
}
