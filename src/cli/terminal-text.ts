import { stripVTControlCharacters } from 'node:util';
import stringWidth from 'fast-string-width';
import { wrapAnsi } from 'fast-wrap-ansi';
import { escapeControls } from '../text.ts';
import type { OutStream } from './io.ts';

/** Returns the width of `text` on a terminal: colors take no columns, East Asian wide characters two. */
export function widthOf(text: string): number {
  return stringWidth(stripVTControlCharacters(text));
}

/** Returns the width of a terminal, at least 20; infinite for a pipe or a file, whose lines are never wrapped. */
export function columnsOf({ isTTY, columns }: OutStream): number {
  return isTTY === true ? Math.max(20, columns || 80) : Number.POSITIVE_INFINITY;
}

/** Escapes all control characters except line ends and colors (SGR sequences): the last defense of a terminal. */
export function defuse(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: colors are control sequences
  const parts = text.split(/(\x1b\[[\d;]*m|\n)/);
  return parts.map((part, index) => (index % 2 === 1 ? part : escapeControls(part))).join('');
}

/** Wraps each line that is wider than `columns` between words, and indents the rest of it like its beginning. */
export function wrap(text: string, columns: number): string {
  if (columns === Number.POSITIVE_INFINITY) return text;
  return text
    .split('\n')
    .map((line) => wrapLine(line, columns))
    .join('\n');
}

const SGR = '(?:\\x1b\\[[\\d;]*m)';
/** The beginning of a line: spaces, a symbol such as `✔`, and the label of a next step. */
const BEGINNING = new RegExp(`^(?:${SGR}| )*(?:[✔✖!…]${SGR}* )?(?:${SGR}| )*(?:Next: )?`, 'u');
const LEADING_BLANKS = new RegExp(`^(${SGR}*) +`);
const TRAILING_BLANKS = new RegExp(` +(${SGR}*)$`);

function wrapLine(line: string, columns: number): string {
  if (widthOf(line) <= columns) return line;
  const beginning = BEGINNING.exec(line)?.[0] ?? '';
  const width = widthOf(beginning);
  const indent = width > columns / 2 ? 0 : width;
  const words = wrapWords(line.slice(beginning.length), columns - width);
  return beginning + words.join(`\n${' '.repeat(indent)}`);
}

/**
 * Wraps one line between words.
 * @param options.hard splits words that are longer than a line, if possible after a slash or hyphen.
 */
export function wrapWords(line: string, columns: number, { hard = false } = {}): string[] {
  const text = hard ? line.replace(/\S+/g, (word) => splitName(word, columns)) : line;
  return wrapAnsi(text, columns, { hard, trim: false })
    .split('\n')
    .map((part, index) => (index === 0 ? part : part.replace(LEADING_BLANKS, '$1')))
    .map((part) => part.replace(TRAILING_BLANKS, '$1'));
}

/** The columns that a live line leaves free, so that the `^C` that a terminal shows for Ctrl-C cannot wrap. */
export const LIVE_MARGIN = 3;

/** Breaks a name or path that is longer than a line after slashes and hyphens. */
function splitName(word: string, columns: number): string {
  if (widthOf(word) <= columns) return word;
  const lines: string[] = [''];
  for (const part of word.split(/(?<=[/-])/)) {
    const last = lines.at(-1) ?? '';
    if (last === '' || widthOf(last + part) <= columns) lines.splice(-1, 1, last + part);
    else lines.push(part);
  }
  return lines.join('\n');
}

/** Truncates `text` to a number of columns, with `…` at the end if something was removed. */
export function cutTo(text: string, columns: number): string {
  if (widthOf(text) <= columns) return text;
  const characters = [...text];
  while (characters.length > 0 && widthOf(characters.join('')) >= columns) characters.pop();
  return `${characters.join('')}…`;
}

/** Prepares `text` for a stream: escapes control characters and, on a terminal, wraps lines. */
export function fitTo(stream: OutStream, text: string): string {
  return wrap(defuse(text), columnsOf(stream));
}
