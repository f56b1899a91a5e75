/** C0 and C1 controls, DEL, line separators, and the characters that reorder bidirectional text. */
const CONTROLS = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** `text` with each control character as an escape, such as `\u001b`, so that it cannot act on a terminal. */
export function escapeControls(text: string): string {
  return text.replace(CONTROLS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/**
 * Text from outside (a title, an error of AWS or TMDB, a file name) as a message shows it: one line, short, without
 * control characters.
 */
export function toOneLine(text: string, maxLength = 200): string {
  return shorten(escapeControls(text.replace(/\s+/g, ' ').trim()), maxLength);
}

/**
 * A value as an error message shows it: JSON, so that control characters are escaped, and short.
 * @param maxLength of a string's own characters, or of another value's JSON text.
 */
export function quote(value: unknown, maxLength = 60): string {
  if (typeof value === 'string') return escapeControls(JSON.stringify(shorten(value, maxLength)));
  return escapeControls(shorten(JSON.stringify(value) ?? String(value), maxLength));
}

/** At most `maxLength` characters of `text`, the last of them `…` when something is left out. */
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
