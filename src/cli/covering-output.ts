import { stripVTControlCharacters } from 'node:util';
import type { OutStream } from './io.ts';

/** Text that covers its last version on a terminal; elsewhere each version stands, with an empty line behind it. */
export interface CoveringOutput {
  /** Shows this version. */
  write(text: string): void;
  /** Takes the last version away: what comes next stands in its place. */
  clear(): void;
}

/** What stands above stays: only the lines of the last version are covered, as many as the terminal has. */
export function createCoveringOutput(stream: OutStream): CoveringOutput {
  let lines = 0;
  const clear = (): void => {
    if (stream.isTTY === true && lines > 0) stream.write(`\x1b[${lines}A\r\x1b[J`);
    lines = 0;
  };
  return {
    clear,
    write: (text) => {
      clear();
      stream.write(stream.isTTY === true ? text : `${text}\n`);
      lines = countRows(text, stream.columns || 80);
    },
  };
}

/** Rows that `text`, which ends with a line end, takes on a terminal of so many columns. */
function countRows(text: string, columns: number): number {
  const lines = stripVTControlCharacters(text).split('\n').slice(0, -1);
  return lines.reduce((rows, line) => rows + Math.max(1, Math.ceil(line.length / columns)), 0);
}
