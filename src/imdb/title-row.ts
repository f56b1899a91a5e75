import { isYear } from '../partition.ts';
import { SnapshotError } from './snapshot-error.ts';

/** The positions of the columns that are read, counted from 0. */
interface TitleColumns {
  readonly tconst: number;
  readonly titleType: number;
  readonly primaryTitle: number;
  readonly startYear: number;
}

/** Byte positions of a wanted row's fields in the bytes that were read; one object is filled again and again. */
export interface TitleRow {
  idStart: number;
  idEnd: number;
  titleStart: number;
  titleEnd: number;
  /** `undefined` when the file has `\N`. */
  year: number | undefined;
}

/** A row is valid and of a wanted type, of another type, or invalid. */
type TitleRowKind = 'wanted' | 'other' | 'bad';

const TAB = 0x09;
const NEEDED = ['tconst', 'titleType', 'primaryTitle', 'startYear'] as const;

/**
 * Finds the columns by name in the header line, which may begin with a byte order mark and end with a CR.
 * The columns: https://developer.imdb.com/non-commercial-datasets/
 * @throws {SnapshotError} naming the columns that are missing.
 */
export function parseTitleColumns(header: string): TitleColumns {
  const names = header
    .replace(/^\uFEFF/, '')
    .replace(/\r$/, '')
    .split('\t');
  const missing = NEEDED.filter((name) => !names.includes(name));
  if (missing.length > 0) {
    const met = JSON.stringify(header.slice(0, 80));
    throw new SnapshotError(`lacks the column ${missing.join(', ')} (its first line is ${met})`);
  }
  const [tconst = 0, titleType = 0, primaryTitle = 0, startYear = 0] = NEEDED.map((name) =>
    names.indexOf(name),
  );
  return { tconst, titleType, primaryTitle, startYear };
}

/**
 * Makes the function that reads one row, `bytes[start, end)` without its line feed, into `row`. Rows are split on tabs
 * alone: the file has no quoting. The rest of a row of another type is not read.
 */
export function createTitleRowReader(
  columns: TitleColumns,
  titleTypes: readonly string[],
): (bytes: Uint8Array, start: number, end: number, row: TitleRow) => TitleRowKind {
  const wanted = titleTypes.map((type) => Buffer.from(type));
  const { tconst, titleType, primaryTitle, startYear } = columns;
  const last = Math.max(tconst, titleType, primaryTitle, startYear);
  const isUsual = tconst === 0 && titleType === 1;
  return (bytes, start, end, row) => {
    if (isUsual && isPlainlyOther(wanted, bytes, start, end)) return 'other';
    const rowEnd = end > start && bytes[end - 1] === 0x0d ? end - 1 : end;
    let yearStart = -1;
    let yearEnd = -1;
    row.idStart = -1;
    for (let column = 0, from = start; column <= last; column++) {
      let to = from;
      while (to < rowEnd && bytes[to] !== TAB) to++;
      if (to === rowEnd && column < last) return 'bad';
      if (column === titleType) {
        if (!isOneOf(wanted, bytes, from, to)) return to > from ? 'other' : 'bad';
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
      from = to + 1;
    }
    if (!isIdAt(bytes, row.idStart, row.idEnd)) return 'bad';
    row.year = undefined;
    if (isNull(bytes, yearStart, yearEnd)) return 'wanted';
    const year = readYear(bytes, yearStart, yearEnd);
    if (!isYear(year)) return 'bad';
    row.year = year;
    return 'wanted';
  };
}

/** A short cut past most rows of the file: ids of seven or eight digits, then a type that begins like none wanted. */
function isPlainlyOther(
  wanted: readonly Uint8Array[],
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  const tab = bytes[start + 9] === TAB ? start + 9 : start + 10;
  if (tab + 4 >= end || bytes[tab] !== TAB) return false;
  const [first, second, third] = [bytes[tab + 1], bytes[tab + 2], bytes[tab + 3]];
  if (first === TAB || second === TAB || third === TAB) return false;
  for (const word of wanted) if (word[0] === first && word[1] === second && word[2] === third) return false;
  return true;
}

function isOneOf(words: readonly Uint8Array[], bytes: Uint8Array, from: number, to: number): boolean {
  next: for (const word of words) {
    if (word.length !== to - from) continue;
    for (let at = 0; at < word.length; at++) if (word[at] !== bytes[from + at]) continue next;
    return true;
  }
  return false;
}

/** `\N` is the file's null. */
function isNull(bytes: Uint8Array, from: number, to: number): boolean {
  return to - from === 2 && bytes[from] === 0x5c && bytes[from + 1] === 0x4e;
}

/** The same rule as `isImdbId`, on bytes. */
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
