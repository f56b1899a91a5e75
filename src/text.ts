/** C0 and C1 control characters, DEL, line separators, and characters that reorder bidirectional text. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Replaces each control character by an escape sequence such as `\u001b`, so that it cannot affect a terminal. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * Formats untrusted text (a title, an error from AWS or TMDB, a file name) for a message: on one line, shortened, and
 * without control characters.
 * @param maxLength in characters (Unicode code points).
 */
export function toOneLine(text: string, maxLength = 200): string {
  return shorten(escapeControls(text.replace(/\s+/g, ' ').trim()), maxLength);
}

/**
 * Formats a value for an error message: as JSON, shortened, and without control characters.
 * @param maxLength in characters, of the string itself or of the JSON text of any other value.
 */
export function quote(value: unknown, maxLength = 60): string {
  if (typeof value === 'string') return escapeControls(JSON.stringify(shorten(value, maxLength)));
  return escapeControls(shorten(JSON.stringify(value) ?? String(value), maxLength));
}

/** Truncates `text` to `maxLength` characters (Unicode code points), including a final `…`. */
export function shorten(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  const characters = [...text];
  return characters.length > maxLength ? `${characters.slice(0, maxLength - 1).join('')}…` : text;
}

/** Formats a number with thousands separators, rounded to an integer: `9,000`. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** Formats a number with its noun, which takes an `s` unless the number is 1: `1 message`, `9,000 messages`. */
export function formatNumberOf(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** Converts the first letter of `text` to upper case. */
export function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** Adds a full stop unless `text` already ends with `.`, `!` or `?`. */
export function withFullStop(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
