import type { ColumnType } from './schema.ts';

/**
 * A value of a column: `null` for NULL, a list for the two types of lists, a number for the numeric types, text like
 * `2024-01-31` for a date, and milliseconds since 1970 in UTC for a timestamp.
 */
export type Value = string | number | boolean | readonly string[] | readonly number[] | null;

/** Converts a JSON value to the type of a column. Returns `null` for a value that the type does not have. */
export const CONVERTERS: Readonly<Record<ColumnType, (json: unknown) => Value>> = {
  string: toText,
  integer: toInteger,
  bigint: (json) => (Number.isSafeInteger(json) ? Number(json) : null),
  double: (json) => (Number.isFinite(json) ? Number(json) : null),
  boolean: (json) => (typeof json === 'boolean' ? json : null),
  date: toDate,
  timestamp: toTimestamp,
  stringList: (json) => toList(json, toText),
  integerList: (json) => toList(json, toInteger),
};

/** Formats a timestamp as `2024-01-31 12:34:56.789`, which all engines read. */
export function formatTimestamp(timestamp: number): string {
  return new Date(timestamp).toISOString().replace('T', ' ').replace('Z', '');
}

/**
 * NUL becomes U+FFFD, the replacement character: Postgres and Redshift have no NUL, and would reject the whole file. The
 * text of the document has it as an escape sequence.
 */
function toText(json: unknown): string | null {
  if (typeof json !== 'string') return null;
  return json.includes('\0') ? json.replaceAll('\0', '\ufffd') : json;
}

function toInteger(json: unknown): number | null {
  return typeof json === 'number' && (json | 0) === json ? json : null;
}

function toList<Item>(json: unknown, convert: (json: unknown) => Item | null): readonly Item[] | null {
  if (!Array.isArray(json)) return null;
  const items: Item[] = [];
  for (const element of json) {
    const item = convert(element);
    if (item === null) return null;
    items.push(item);
  }
  return items;
}

/** A day of the Gregorian calendar, which began in October 1582: Spark rejects a file with an earlier day. */
function toDate(json: unknown): string | null {
  if (typeof json !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(json) || json < '1583') return null;
  // Date reads February 30 as March 1.
  return new Date(json).getUTCDate() === Number(json.slice(8)) ? json : null;
}

/** An ISO instant, with or without fractions of a second, which are cut to milliseconds; without an offset, it is in UTC. */
function toTimestamp(json: unknown): number | null {
  const [, date, time, fraction = '', offset = 'Z'] = (typeof json === 'string' && INSTANT.exec(json)) || [];
  if (toDate(date) === null) return null;
  const ms = Date.parse(`${date}T${time}${fraction.slice(0, 4)}${offset}`);
  return ms >= EARLIEST && ms <= LATEST ? ms : null;
}

const INSTANT =
  /^(\d{4}-\d\d-\d\d)[T ]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(\.\d+)?(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?$/;
const EARLIEST = Date.parse('1583-01-01T00:00:00Z');
/** Years have four digits in all engines. */
const LATEST = Date.parse('9999-12-31T23:59:59.999Z');
