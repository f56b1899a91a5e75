import { SnapshotError } from './snapshot-error.ts';
import { createTitleRowReader, parseTitleColumns, type TitleRow } from './title-row.ts';

/** How many rows of a snapshot are of which kind. */
export interface TitleRowCounts {
  /** All rows below the header. */
  rows: number;
  /** Valid rows of a wanted type, with or without a year; a second row of the same id is not counted. */
  wanted: number;
  /** Invalid rows, which are left out: too few fields, a malformed IMDb id or year, or longer than 256 KB. */
  bad: number;
}

const LINE_FEED = 0x0a;
/** The longest row of IMDb's file is well below 2 KB. */
const MAX_ROW_BYTES = 262_144;

/**
 * Splits the unzipped bytes of a snapshot into rows and passes the wanted ones to `onTitle`. The bytes passed are valid
 * only during the call: copy what you keep, since a kept `subarray` keeps its whole chunk in memory.
 */
export class TitleScanner {
  readonly counts: TitleRowCounts = { rows: 0, wanted: 0, bad: 0 };
  readonly #titleTypes: readonly string[];
  readonly #onTitle: (bytes: Buffer, row: TitleRow) => void;
  readonly #row: TitleRow = { idStart: 0, idEnd: 0, titleStart: 0, titleEnd: 0, year: undefined };
  #readRow: ReturnType<typeof createTitleRowReader> | undefined;
  /** The beginning of a row that continues in the next chunk. */
  #begun: Buffer[] = [];
  #begunBytes = 0;

  constructor(titleTypes: readonly string[], onTitle: (bytes: Buffer, row: TitleRow) => void) {
    this.#titleTypes = titleTypes;
    this.#onTitle = onTitle;
  }

  /**
   * Takes the next bytes, in pieces of any size.
   * @throws {SnapshotError} when the header lacks a column.
   */
  push(chunk: Buffer): void {
    let start = 0;
    if (this.#begunBytes > 0) {
      const end = chunk.indexOf(LINE_FEED);
      this.#begin(chunk, 0, end < 0 ? chunk.length : end);
      if (end < 0) return;
      this.#takeBegun();
      start = end + 1;
    }
    let end = chunk.indexOf(LINE_FEED, start);
    if (this.#readRow === undefined && end >= 0) {
      this.#take(chunk, start, end);
      start = end + 1;
      end = chunk.indexOf(LINE_FEED, start);
    }
    for (; end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      this.#take(chunk, start, end);
      start = end + 1;
    }
    this.#begin(chunk, start, chunk.length);
  }

  /**
   * Takes the last row, which may lack its line feed.
   * @throws {SnapshotError} when there was no header or no row at all.
   */
  end(): void {
    if (this.#begunBytes > 0) this.#takeBegun();
    if (this.#readRow === undefined) throw new SnapshotError('is empty');
    if (this.counts.rows === 0) throw new SnapshotError('has a header and no rows');
  }

  #begin(chunk: Buffer, start: number, end: number): void {
    if (end === start) return;
    if (this.#begunBytes <= MAX_ROW_BYTES) this.#begun.push(Buffer.from(chunk.subarray(start, end)));
    this.#begunBytes += end - start;
  }

  #takeBegun(): void {
    const whole = Buffer.concat(this.#begun);
    const isWhole = whole.length === this.#begunBytes;
    this.#begun = [];
    this.#begunBytes = 0;
    this.#take(whole, 0, isWhole ? whole.length : MAX_ROW_BYTES + 1);
  }

  #take(bytes: Buffer, start: number, end: number): void {
    if (this.#readRow === undefined) {
      const header = bytes.toString('utf8', start, Math.min(end, start + MAX_ROW_BYTES));
      this.#readRow = createTitleRowReader(parseTitleColumns(header), this.#titleTypes);
      return;
    }
    this.counts.rows++;
    const kind = end - start > MAX_ROW_BYTES ? 'bad' : this.#readRow(bytes, start, end, this.#row);
    if (kind === 'other') return;
    if (kind === 'bad') {
      this.counts.bad++;
      return;
    }
    this.counts.wanted++;
    this.#onTitle(bytes, this.#row);
  }
}
