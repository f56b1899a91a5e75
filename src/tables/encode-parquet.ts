import { ByteWriter } from 'hyparquet-writer';
import { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import { type EncodedColumn, encodeColumn, schemaOf } from './parquet-column.ts';
import { countChars } from './parquet-page.ts';
import type { Row } from './rows.ts';
import { type Column, SCHEMA_VERSION } from './schema.ts';

/** A row group ends after the row that reaches one of these. */
const GROUP = { chars: 16 * 1024 * 1024, rows: 25_000 } as const;

/** What a Parquet file begins and ends with. https://parquet.apache.org/docs/file-format/ */
const MAGIC = Buffer.from('PAR1');

type Footer = Parameters<typeof writeMetadata>[1];
type RowGroup = Footer['row_groups'][number];

interface EncodedGroup {
  readonly rows: number;
  readonly columns: readonly EncodedColumn[];
}

/**
 * Encodes rows to Parquet: row groups of limited size, compressed with gzip. Memory holds two row groups: one is compressed
 * in the thread pool while the rows of the next are collected.
 */
export async function* encodeParquet(
  columns: readonly Column[],
  batches: AsyncIterable<readonly Row[]>,
): AsyncGenerator<Uint8Array> {
  const rowGroups: RowGroup[] = [];
  let offset = MAGIC.length;
  yield MAGIC;
  for await (const group of oneAhead(encodeGroups(columns, batches))) {
    const { bytes, rowGroup } = placeGroup(group, offset);
    rowGroups.push(rowGroup);
    offset += bytes.length;
    yield bytes;
  }
  const footer = new ByteWriter();
  writeMetadata(footer, {
    version: 1,
    created_by: `tdd version ${SCHEMA_VERSION}`,
    schema: [{ name: 'table', num_children: columns.length }, ...columns.flatMap(schemaOf)],
    num_rows: rowGroups.reduce((sum, { num_rows }) => sum + num_rows, 0n),
    row_groups: rowGroups,
    metadata_length: 0, // Not written.
  });
  yield Buffer.concat([footer.getBytes(), MAGIC]);
}

/** Collects rows to groups, and starts to encode each. */
async function* encodeGroups(
  columns: readonly Column[],
  batches: AsyncIterable<readonly Row[]>,
): AsyncGenerator<{ readonly encoding: Promise<EncodedGroup> }> {
  let rows: Row[] = [];
  let chars = 0;
  for await (const batch of batches) {
    for (const row of batch) {
      rows.push(row);
      for (const value of row) chars += countChars(value);
      if (chars < GROUP.chars && rows.length < GROUP.rows) continue;
      yield { encoding: encodeGroup(columns, rows) };
      rows = [];
      chars = 0;
    }
  }
  if (rows.length > 0) yield { encoding: encodeGroup(columns, rows) };
}

async function encodeGroup(columns: readonly Column[], rows: readonly Row[]): Promise<EncodedGroup> {
  const encoded = columns.map((column, index) =>
    encodeColumn(
      column,
      rows.map((row) => row[index] ?? null),
    ),
  );
  return { rows: rows.length, columns: await Promise.all(encoded) };
}

/** Starts to collect the next group before it waits for the previous one. */
async function* oneAhead(
  groups: AsyncIterable<{ readonly encoding: Promise<EncodedGroup> }>,
): AsyncGenerator<EncodedGroup> {
  let previous: Promise<EncodedGroup> | undefined;
  for await (const { encoding } of groups) {
    encoding.catch(() => {}); // Thrown below, unless collecting the next group fails first.
    if (previous !== undefined) yield previous;
    previous = encoding;
  }
  if (previous !== undefined) yield previous;
}

/** Returns the bytes of a group that begins at `offset` of the file, and its entry in the footer. */
function placeGroup(
  { rows, columns }: EncodedGroup,
  offset: number,
): { readonly bytes: Buffer; readonly rowGroup: RowGroup } {
  let end = offset;
  const chunks = columns.map((column) => {
    const start = end;
    end += column.length;
    return column.describe(start);
  });
  const uncompressed = chunks.reduce(
    (sum, { meta_data }) => sum + (meta_data?.total_uncompressed_size ?? 0n),
    0n,
  );
  const rowGroup = {
    columns: chunks,
    total_byte_size: uncompressed,
    num_rows: BigInt(rows),
    total_compressed_size: BigInt(end - offset),
  };
  return { bytes: Buffer.concat(columns.flatMap(({ pieces }) => pieces)), rowGroup };
}
