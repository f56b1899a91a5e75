import type { SchemaElement } from 'hyparquet-writer';
import { useDictionary } from 'hyparquet-writer/src/dictionary.js';
import type { writeMetadata } from 'hyparquet-writer/src/metadata.js';
import * as page from './parquet-page.ts';
import type { Column, ColumnType } from './schema.ts';
import type { Value } from './values.ts';

/** The entry of a column in the footer. */
type ColumnChunk = Parameters<typeof writeMetadata>[1]['row_groups'][number]['columns'][number];

/** The compressed pages of one column of a row group. */
export interface EncodedColumn {
  readonly pieces: readonly Uint8Array[];
  /** The length of all pieces. */
  readonly length: number;
  /** Returns the column's entry in the footer. @param offset its position in the file. */
  describe(offset: number): ColumnChunk;
}

const MAX_DICTIONARY_BYTES = 1024 * 1024;

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

const ITEM_TYPES = { stringList: 'string', integerList: 'integer' } as const;

/** The type of a column's values, or of the items of its lists. */
function itemTypeOf(type: ColumnType): keyof typeof TYPES {
  return type === 'stringList' || type === 'integerList' ? ITEM_TYPES[type] : type;
}

/** Returns the schema of a column; a list has three levels, as the format requires. */
export function schemaOf({ name, type, required }: Column): SchemaElement[] {
  const repetition_type = required ? 'REQUIRED' : 'OPTIONAL';
  const item = TYPES[itemTypeOf(type)];
  if (!(type in ITEM_TYPES)) return [{ name, repetition_type, ...item }];
  return [
    { name, repetition_type, converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type: 'REQUIRED', ...item },
  ];
}

/**
 * Encodes the values of one column of a row group.
 *
 * hyparquet-writer writes data pages of version 2 only, which several engines cannot read
 * (https://github.com/apache/iceberg/issues/15677). This writes version 1, using the library's encodings.
 */
export async function encodeColumn(column: Column, values: readonly Value[]): Promise<EncodedColumn> {
  const itemType = itemTypeOf(column.type);
  const { type } = TYPES[itemType];
  const isList = column.type in ITEM_TYPES;
  const maxLevels = { repetition: isList ? 1 : 0, definition: column.required ? 0 : isList ? 2 : 1 };
  const items = toItems(itemType, values);
  const dictionary = column.from === 'document' ? undefined : chooseDictionary(items, type);
  const encoding = dictionary ? 'PLAIN_DICTIONARY' : 'PLAIN';

  const dictionaryPage = dictionary && page.encodeDictionary(dictionary.items, type);
  const dataPages: Promise<page.EncodedPage>[] = [];
  let entries = 0;
  let next = 0;
  for (const rows of page.splitPages(values)) {
    const levels = page.levelsOf(rows);
    const end = next + levels.present;
    const encoded = dictionary
      ? page.encodeIndexes(dictionary.indexes.slice(next, end), dictionary.items.length)
      : page.encodePlain(items.slice(next, end), type);
    dataPages.push(page.encodeDataPage(levels, maxLevels, encoding, encoded));
    next = end;
    entries += levels.definition.length;
  }
  const first = await dictionaryPage;
  const pages = [...(first ? [first] : []), ...(await Promise.all(dataPages))];
  const pieces = pages.flatMap(({ bytes }) => bytes);
  const length = sizeOf(pieces);
  const statistics = describeItems(itemType, items, isList ? undefined : values.length - items.length);
  return {
    pieces,
    length,
    describe: (offset) => ({
      file_offset: BigInt(offset),
      meta_data: {
        type,
        encodings: dictionary ? ['RLE', 'PLAIN', encoding] : ['RLE', encoding],
        path_in_schema: isList ? [column.name, 'list', 'element'] : [column.name],
        codec: 'GZIP',
        num_values: BigInt(entries),
        total_uncompressed_size: BigInt(
          pages.reduce((sum, { uncompressedBytes }) => sum + uncompressedBytes, 0),
        ),
        total_compressed_size: BigInt(length),
        data_page_offset: BigInt(offset + sizeOf(first?.bytes ?? [])),
        ...(first && { dictionary_page_offset: BigInt(offset) }),
        statistics,
      },
    }),
  };
}

function sizeOf(pieces: readonly Uint8Array[]): number {
  return pieces.reduce((sum, piece) => sum + piece.length, 0);
}

/** A dictionary of the items and where each item is in it, if that halves the size. (No two documents are the same.) */
function chooseDictionary(
  all: page.Item[],
  type: page.ItemType,
): { readonly items: page.Item[]; readonly indexes: number[] } | undefined {
  const { dictionary, indexes } = useDictionary(all, type, undefined, undefined, MAX_DICTIONARY_BYTES);
  return dictionary && indexes && { items: dictionary, indexes };
}

const MS_PER_DAY = 86_400_000;

/** Returns the items of all values, without NULL. */
function toItems(type: keyof typeof TYPES, values: readonly Value[]): page.Item[] {
  const items: page.Item[] = [];
  for (const value of values) {
    if (value === null) continue;
    if (Array.isArray(value)) for (const item of value) items.push(item);
    else if (type === 'bigint' || type === 'timestamp') items.push(BigInt(Number(value)));
    else if (type === 'date') items.push(Date.parse(String(value)) / MS_PER_DAY);
    else items.push(value as page.Item);
  }
  return items;
}

/** The smallest and largest number (-0 for 0, as the format requires), with which engines skip row groups, and the number of NULLs. */
function describeItems(type: keyof typeof TYPES, items: readonly page.Item[], nulls: number | undefined) {
  if (nulls === undefined) return {};
  const counts = { null_count: BigInt(nulls) };
  if (type === 'string' || type === 'boolean' || items[0] === undefined) return counts;
  let [min, max] = [items[0], items[0]];
  for (const item of items) {
    if (item < min) min = item;
    if (item > max) max = item;
  }
  return { ...counts, min_value: min === 0 ? -0 : min, max_value: max };
}
