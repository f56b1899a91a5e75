import { stripVTControlCharacters } from 'node:util';

/** The width of the terminal. */
const COLUMNS = 80;

/** Matches progress, which a terminal shows on one redrawn line. */
const PROGRESS = /^[\d,]+ ?(?:\/|of) ?[\d,]+ /;

/** Matches a note about the sandbox's own servers, which no other terminal shows. */
const LOCAL = /127\.0\.0\.1/;

/**
 * Returns, for each pattern, the last paragraph of a command's output with a matching line; `status --watch` prints one
 * per poll. Values that differ between runs (IDs, days and times) are replaced by constants.
 */
export function excerptOf(output: string, patterns: readonly RegExp[]): string[] {
  const paragraphs = output.trimEnd().split(/\n\n+/);
  const lines = patterns.flatMap((pattern, index) => {
    const shown = paragraphs
      .map((paragraph) => paragraph.split('\n'))
      .findLast((lines) => lines.some((line) => pattern.test(stripVTControlCharacters(line))));
    if (shown === undefined) throw new Error(`No paragraph matches ${pattern}:\n${output}`);
    return index > 0 ? ['', ...shown] : shown;
  });
  return lines
    .filter((line) => !PROGRESS.test(line) && !LOCAL.test(line))
    .map((line) => truncate(withoutVariableParts(line)));
}

function withoutVariableParts(line: string): string {
  return (
    line
      // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
      .replace(/ +((?:\u001b\[[\d;]*m)*)$/, '$1')
      .replaceAll(/\d{8}T\d{6}Z-[0-9a-f]{6}/g, '20260105T090000Z-5f3a9c')
      .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, '2026-01-05 09:00')
      .replaceAll(/(?<=list of |list )\d{4}-\d\d-\d\d/g, '2026-01-05')
  );
}

/** Shortens a line to the terminal's width. Escape sequences take no space. */
function truncate(line: string): string {
  if (stripVTControlCharacters(line).length <= COLUMNS) return line;
  let width = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  const parts = line.split(/(\u001b\[[\d;]*m)/).map((part, index) => {
    if (index % 2 === 1) return part;
    const shown = part.slice(0, Math.max(0, COLUMNS - 1 - width));
    width += part.length;
    return shown;
  });
  return `${parts.join('')}…`;
}
