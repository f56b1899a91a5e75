import { ByteWriter, type SchemaElement } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';
import { writePlain } from 'hyparquet-writer/src/plain.js';
import { compressOnce } from './compress.ts';
import type { Value } from './values.ts';

/** An item as Parquet stores it: 64-bit integers are bigints. */
export type Item = string | number | boolean | bigint;
export type ItemType = NonNullable<SchemaElement['type']>;

/** A page. */
export interface EncodedPage {
  /** The header and the compressed body. */
  readonly bytes: readonly [Uint8Array, Uint8Array];
  /** With the header. */
  readonly uncompressedBytes: number;
}

/** How Parquet represents NULL and lists. https://parquet.apache.org/docs/file-format/nestedencoding/ */
export interface Levels {
  /** For each entry: 0 where a row begins, 1 for another item of its list. Only for lists. */
  readonly repetition: readonly number[];
  /** For each entry: how much of the path to the item exists. */
  readonly definition: readonly number[];
  /** The number of items. */
  readonly present: number;
}

/** Returns the levels of rows of a column. */
export function levelsOf(rows: readonly Value[]): Levels {
  const repetition: number[] = [];
  const definition: number[] = [];
  let present = 0;
  const add = (repeats: number, defined: number) => {
    repetition.push(repeats);
    definition.push(defined);
  };
  for (const row of rows) {
    const count = Array.isArray(row) ? row.length : 1;
    if (row === null) add(0, 0);
    else if (count === 0) add(0, 1);
    else for (let item = 0; item < count; item++) add(item === 0 ? 0 : 1, Array.isArray(row) ? 2 : 1);
    if (row !== null) present += count;
  }
  return { repetition, definition, present };
}

/** A page ends after the row that reaches one of these. */
const PAGE = { chars: 1024 * 1024, rows: 10_000 } as const;

/** Divides the rows of a column into pages. */
export function* splitPages(rows: readonly Value[]): Generator<readonly Value[]> {
  let start = 0;
  let chars = 0;
  for (const [index, row] of rows.entries()) {
    chars += countChars(row);
    if (chars < PAGE.chars && index + 1 - start < PAGE.rows) continue;
    yield rows.slice(start, index + 1);
    start = index + 1;
    chars = 0;
  }
  if (start < rows.length) yield rows.slice(start);
}

/** Returns the length of the texts in a value. */
export function countChars(value: Value): number {
  if (typeof value === 'string') return value.length;
  return Array.isArray(value) ? value.reduce((sum, item) => sum + String(item).length, 0) : 0;
}

/** Compresses a dictionary. */
export function encodeDictionary(items: readonly Item[], type: ItemType): Promise<EncodedPage> {
  const header = { num_values: items.length, encoding: 'PLAIN_DICTIONARY' } as const;
  return encodePage({ type: 'DICTIONARY_PAGE', dictionary_page_header: header }, encodePlain(items, type));
}

/**
 * Compresses a data page of version 1.
 * @param maxLevels the highest levels that the column can have.
 * @param items the encoded items.
 */
export function encodeDataPage(
  { repetition, definition }: Levels,
  maxLevels: { readonly repetition: number; readonly definition: number },
  encoding: 'PLAIN' | 'PLAIN_DICTIONARY',
  items: Uint8Array,
): Promise<EncodedPage> {
  const header = {
    num_values: definition.length,
    encoding,
    definition_level_encoding: 'RLE',
    repetition_level_encoding: 'RLE',
  } as const;
  const levels = [
    ...encodeLevels(repetition, maxLevels.repetition),
    ...encodeLevels(definition, maxLevels.definition),
  ];
  return encodePage({ type: 'DATA_PAGE', data_page_header: header }, Buffer.concat([...levels, items]));
}

function encodeLevels(levels: readonly number[], max: number): Uint8Array[] {
  if (max === 0) return [];
  const size = Buffer.alloc(4);
  const body = new ByteWriter();
  size.writeUInt32LE(writeRleBitPackedHybrid(body, [...levels], bitsFor(max)));
  return [size, body.getBytes()];
}

/** Encodes references to a dictionary of `size` items. */
export function encodeIndexes(indexes: readonly number[], size: number): Uint8Array {
  const body = new ByteWriter();
  const bits = bitsFor(size - 1);
  body.appendUint8(bits);
  writeRleBitPackedHybrid(body, [...indexes], bits);
  return body.getBytes();
}

function bitsFor(max: number): number {
  return 32 - Math.clz32(max);
}

/** Encodes items one after the other. */
export function encodePlain(items: readonly Item[], type: ItemType): Uint8Array {
  if (type === 'BYTE_ARRAY') return encodeTexts(items.map(String));
  const body = new ByteWriter();
  writePlain(body, [...items], type, undefined);
  return body.getBytes();
}

/** Encodes texts with their lengths. The library's encoder takes ten times as long. */
function encodeTexts(texts: readonly string[]): Buffer {
  const sizes = texts.map((text) => Buffer.byteLength(text));
  const bytes = Buffer.allocUnsafe(sizes.reduce((sum, size) => sum + 4 + size, 0));
  let at = 0;
  for (const [index, text] of texts.entries()) {
    at = bytes.writeUInt32LE(sizes[index] ?? 0, at);
    at += bytes.write(text, at);
  }
  return bytes;
}

async function encodePage(
  header: Omit<Parameters<typeof writePageHeader>[1], 'uncompressed_page_size' | 'compressed_page_size'>,
  body: Uint8Array,
): Promise<EncodedPage> {
  const compressed = await compressOnce(body);
  const start = new ByteWriter();
  writePageHeader(start, {
    ...header,
    uncompressed_page_size: body.length,
    compressed_page_size: compressed.length,
  });
  return {
    bytes: [start.getBytes(), compressed],
    uncompressedBytes: start.offset + body.length,
  };
}
