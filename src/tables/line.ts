import { isRecord, parseJson } from '../json.ts';

/**
 * Converts the text of a document to one line of JSON Lines, without its line feed. The line is the text as stored, except
 * for what would make engines reject the whole file: line breaks between tokens become a space, a byte order mark is
 * removed, and an escaped unpaired surrogate, which is not a character, becomes `\ufffd`.
 * @param isWanted checks the document.
 * @returns `undefined` when the text is not a JSON object, or not the wanted one.
 */
export function toLine(
  text: string,
  isWanted: (document: Readonly<Record<string, unknown>>) => boolean = () => true,
): string | undefined {
  const json = text.replace(/^\ufeff/, '');
  const document = parseJson(json);
  if (!isRecord(document) || !isWanted(document)) return undefined;
  // Strings in valid JSON contain no line breaks.
  const trimmed = json.trim();
  const line = /[\r\n]/.test(trimmed) ? trimmed.replace(LINE_BREAKS, ' ') : trimmed;
  return SURROGATE.test(line) ? line.replace(ESCAPES, replaceLoneSurrogate) : line;
}

/** Whitespace with a line break in it. The lookbehind keeps the time linear for long runs of spaces. */
const LINE_BREAKS = /(?<![\t ])[\t ]*[\r\n][\t\r\n ]*/g;

const SURROGATE = /\\u[dD][89a-fA-F]/;

/** Each escape sequence: a surrogate pair, an unpaired surrogate (captured), or any other. */
const ESCAPES =
  /\\u[dD][89abAB][\da-fA-F]{2}\\u[dD][c-fC-F][\da-fA-F]{2}|(\\u[dD][89a-fA-F][\da-fA-F]{2})|\\./g;

function replaceLoneSurrogate(sequence: string, lone: string | undefined): string {
  return lone === undefined ? sequence : '\\ufffd';
}
