import { shorten } from '../text.ts';
import { SnapshotError } from './snapshot-error.ts';
import { createTitleRowReader, parseTitleColumns, type TitleRow, type TitleRowProblem } from './title-row.ts';

/** The number of rows of each kind in a snapshot. */
export interface TitleRowCounts {
  /** All rows after the header. */
  rows: number;
  /** Valid rows of a wanted type, with or without a year. In the index, further rows with the same ID are not counted. */
  wanted: number;
  /** Invalid rows, which are skipped: with too few or too many columns, an invalid IMDb ID or year, or over 256 KB. */
  bad: number;
}

/** An invalid row. */
export interface BadRow {
  /** Its line in the list, from 1. The header is line 1. */
  readonly line: number;
  /** The predicate of a sentence about the row: `has 8 columns instead of 9`. */
  readonly problem: string;
  /** The beginning of the row. */
  readonly text: string;
}

const LINE_FEED = 0x0a;
/** The number of characters that {@link BadRow.text} keeps. */
const SHOWN = 100;
/** A limit for malformed input. The longest row of IMDb's list is well below 2 KB. */
const MAX_ROW_BYTES = 262_144;

/**
 * Splits the decompressed bytes of a snapshot into rows and passes the wanted ones to `onTitle`. The bytes are valid only
 * during the call. Copy what you need, because a `subarray` keeps its whole chunk in memory.
 */
export class TitleScanner {
  readonly counts: TitleRowCounts = { rows: 0, wanted: 0, bad: 0 };
  readonly #titleTypes: readonly string[];
  readonly #onTitle: (bytes: Buffer, row: TitleRow) => void;
  readonly #row: TitleRow = { idStart: 0, idEnd: 0, titleStart: 0, titleEnd: 0, year: undefined };
  #firstBad: BadRow | undefined;
  #columns = 0;
  #readRow: ReturnType<typeof createTitleRowReader> | undefined;
  /** The pieces of a row that continues in the next chunk. */
  #partialRow: Buffer[] = [];
  #partialBytes = 0;

  constructor(titleTypes: readonly string[], onTitle: (bytes: Buffer, row: TitleRow) => void) {
    this.#titleTypes = titleTypes;
    this.#onTitle = onTitle;
  }

  /** The first invalid row; `undefined` if there is none. */
  get firstBad(): BadRow | undefined {
    return this.#firstBad;
  }

  /**
   * Scans the next bytes. Chunks may have any size.
   * @throws {SnapshotError} when the header lacks a column.
   */
  push(chunk: Buffer): void {
    let start = 0;
    if (this.#partialBytes > 0) {
      const end = chunk.indexOf(LINE_FEED);
      this.#keepPartial(chunk, 0, end < 0 ? chunk.length : end);
      if (end < 0) return;
      this.#scanPartial();
      start = end + 1;
    }
    let end = chunk.indexOf(LINE_FEED, start);
    if (this.#readRow === undefined && end >= 0) {
      this.#scanRow(chunk, start, end);
      start = end + 1;
      end = chunk.indexOf(LINE_FEED, start);
    }
    for (; end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.#scanRow(chunk, start, end);
      start = end + 1;
    }
    this.#keepPartial(chunk, start, chunk.length);
  }

  /**
   * Scans the last row, which may lack its line feed.
   * @throws {SnapshotError} when there was no header or no row.
   */
  end(): void {
    if (this.#partialBytes > 0) this.#scanPartial();
    if (this.#readRow === undefined) throw new SnapshotError('is empty');
    if (this.counts.rows === 0) throw new SnapshotError('has a header but no rows');
  }

  #keepPartial(chunk: Buffer, start: number, end: number): void {
    if (end === start) return;
    if (this.#partialBytes <= MAX_ROW_BYTES) this.#partialRow.push(Buffer.from(chunk.subarray(start, end)));
    this.#partialBytes += end - start;
  }

  #scanPartial(): void {
    const row = Buffer.concat(this.#partialRow);
    const isKept = row.length === this.#partialBytes;
    this.#partialRow = [];
    this.#partialBytes = 0;
    this.#scanRow(row, 0, isKept ? row.length : MAX_ROW_BYTES + 1);
  }

  #scanRow(bytes: Buffer, start: number, end: number): void {
    if (this.#readRow === undefined) {
      const header = bytes.toString('utf8', start, Math.min(end, start + MAX_ROW_BYTES));
      const columns = parseTitleColumns(header);
      this.#columns = columns.count;
      this.#readRow = createTitleRowReader(columns, this.#titleTypes);
      return;
    }
    this.counts.rows++;
    const kind = end - start > MAX_ROW_BYTES ? 'length' : this.#readRow(bytes, start, end, this.#row);
    if (kind === 'other') return;
    if (kind !== 'wanted') {
      this.counts.bad++;
      this.#firstBad ??= this.#describe(kind, bytes.subarray(start, Math.min(end, start + MAX_ROW_BYTES)));
      return;
    }
    this.counts.wanted++;
    this.#onTitle(bytes, this.#row);
  }

  #describe(problem: TitleRowProblem | 'length', bytes: Buffer): BadRow {
    const text = bytes.toString('utf8');
    const predicates = {
      columns: `has ${text.split('\t').length} columns instead of ${this.#columns}`,
      id: 'has an invalid IMDb ID',
      type: 'has no title type',
      year: 'has an invalid year',
      length: 'is longer than 256 KB',
    };
    return { line: this.counts.rows + 1, problem: predicates[problem], text: shorten(text, SHOWN) };
  }
}
