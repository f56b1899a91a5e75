import { isYear } from '../partition.ts';
import { SnapshotError } from './snapshot-error.ts';

/** The zero-based positions of the columns that are read, and the number of all columns. */
interface TitleColumns {
  readonly count: number;
  readonly tconst: number;
  readonly titleType: number;
  readonly primaryTitle: number;
  readonly startYear: number;
}

/** The byte positions of the fields of a row. One object is reused for all rows. */
export interface TitleRow {
  idStart: number;
  idEnd: number;
  titleStart: number;
  titleEnd: number;
  /** `undefined` if the list has `\N`. */
  year: number | undefined;
}

/** What is wrong with an invalid row: its number of columns, or its ID, type or year. */
export type TitleRowProblem = 'columns' | 'id' | 'type' | 'year';

/** Whether a row is valid and of a wanted type, of another type, or invalid. */
type TitleRowKind = 'wanted' | 'other' | TitleRowProblem;

const TAB = 0x09;
const REQUIRED = ['tconst', 'titleType', 'primaryTitle', 'startYear'] as const;

/**
 * Finds the columns by name in the header line, which may begin with a byte order mark and end with CR.
 * The columns: https://developer.imdb.com/non-commercial-datasets/
 * @throws {SnapshotError} with the names of missing columns.
 */
export function parseTitleColumns(header: string): TitleColumns {
  const names = header
    .replace(/^\uFEFF/, '')
    .replace(/\r$/, '')
    .split('\t');
  const missing = REQUIRED.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    const start = JSON.stringify(header.slice(0, 80));
    const columns = missing.length === 1 ? 'column' : 'columns';
    throw new SnapshotError(`lacks the ${columns} ${missing.join(', ')} (its first line is ${start})`);
  }
  const [tconst = 0, titleType = 0, primaryTitle = 0, startYear = 0] = REQUIRED.map((name) =>
    names.indexOf(name),
  );
  return { count: names.length, tconst, titleType, primaryTitle, startYear };
}

/**
 * Creates a function that reads one row, `bytes[start, end)` without the line feed, into `row`. Fields are separated by
 * tabs only, because the list has no quoting. For a row of an unwanted type, the fields after the type are not read.
 */
export function createTitleRowReader(
  columns: TitleColumns,
  titleTypes: readonly string[],
): (bytes: Uint8Array, start: number, end: number, row: TitleRow) => TitleRowKind {
  const wanted = titleTypes.map((type) => Buffer.from(type));
  const unwanted = COMMON_TYPES.map((type) => Buffer.from(type)).filter(
    (type) => !wanted.some((word) => beginsLike(word, type)),
  );
  const { count, tconst, titleType, primaryTitle, startYear } = columns;
  const isUsualOrder = tconst === 0 && titleType === 1;
  return (bytes, start, end, row) => {
    if (isUsualOrder && isObviouslyOther(unwanted, bytes, start, end)) return 'other';
    const rowEnd = end > start && bytes[end - 1] === 0x0d ? end - 1 : end;
    let typeStart = 0;
    let typeEnd = 0;
    let yearStart = 0;
    let yearEnd = 0;
    let column = 0;
    for (let from = start; ; column++) {
      let to = from;
      while (to < rowEnd && bytes[to] !== TAB) to++;
      if (column === titleType) {
        typeStart = from;
        typeEnd = to;
      } else if (column === tconst) {
        row.idStart = from;
        row.idEnd = to;
      } else if (column === primaryTitle) {
        row.titleStart = from;
        row.titleEnd = isNull(bytes, from, to) ? from : to;
      } else if (column === startYear) {
        yearStart = from;
        yearEnd = to;
      }
      if (to === rowEnd) break;
      from = to + 1;
    }
    // Checked first: if a column is missing, the fields after it are in the wrong places.
    if (column + 1 !== count) return 'columns';
    if (!isIdAt(bytes, row.idStart, row.idEnd)) return 'id';
    if (typeStart === typeEnd) return 'type';
    if (!isOneOf(wanted, bytes, typeStart, typeEnd)) return 'other';
    row.year = undefined;
    if (isNull(bytes, yearStart, yearEnd)) return 'wanted';
    const year = readYear(bytes, yearStart, yearEnd);
    if (!isYear(year)) return 'year';
    row.year = year;
    return 'wanted';
  };
}

/** The most common types, most common first. All other types take the slow path. */
const COMMON_TYPES = ['tvEpisode', 'short', 'tvSeries', 'video', 'movie', 'tvMovie'];

/**
 * A fast path for most rows: an ID of seven or eight digits, then a type that begins like one of `unwanted`. The rest of
 * such a row is not checked.
 */
function isObviouslyOther(
  unwanted: readonly Uint8Array[],
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const tab = bytes[start + 9] === TAB ? start + 9 : start + 10;
  if (tab + 4 >= end || bytes[tab] !== TAB) return false;
  const [first, second, third] = [bytes[tab + 1], bytes[tab + 2], bytes[tab + 3]];
  for (const word of unwanted) if (word[0] === first && word[1] === second && word[2] === third) return true;
  return false;
}

function beginsLike(word: Uint8Array, other: Uint8Array): boolean {
  return [0, 1, 2].every((at) => word[at] === other[at]);
}

function isOneOf(words: readonly Uint8Array[], bytes: Uint8Array, from: number, to: number): boolean {
  next: for (const word of words) {
    if (word.length !== to - from) continue;
    for (let at = 0; at < word.length; at++) if (word[at] !== bytes[from + at]) continue next;
    return true;
  }
  return false;
}

/** Whether the field is `\N`, which means null in IMDb's lists. */
function isNull(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from === 2 && bytes[from] === 0x5c && bytes[from + 1] === 0x4e;
}

/** Applies the same rule as `isImdbId`, but to bytes. */
function isIdAt(bytes: Uint8Array, from: number, to: number): boolean {
  const digits = to - from - 2;
  if (digits < 7 || digits > 10 || bytes[from] !== 0x74 || bytes[from + 1] !== 0x74) return false;
  for (let at = from + 2; at < to; at++) if (!isDigit(bytes[at])) return false;
  return true;
}

function readYear(bytes: Uint8Array, from: number, to: number): number {
  if (to - from !== 4) return Number.NaN;
  let year = 0;
  for (let at = from; at < to; at++) {
    const byte = bytes[at];
    if (!isDigit(byte)) return Number.NaN;
    year = year * 10 + (byte - 0x30);
  }
  return year;
}

function isDigit(byte: number | undefined): byte is number {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}
