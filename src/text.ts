/**
 * A value as an error message shows it: JSON, so that control characters are escaped, and short.
 * @param maxLength of a string's own characters, or of another value's JSON text, in UTF-16 code units.
 */
export function quote(value: unknown, maxLength = 60): string {
  if (typeof value === 'string') return JSON.stringify(shorten(value, maxLength));
  return shorten(JSON.stringify(value) ?? String(value), maxLength);
}

/** A text cut after `maxLength` UTF-16 code units, with `…` where something is missing. */
export function shorten(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
}

/** A number for people: `9,000`. */
export function formatCount(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

/** A number of things: `1 message`, `9,000 messages`. */
export function formatNumberOf(value: number, noun: string): string {
  return `${formatCount(value)} ${noun}${value === 1 ? '' : 's'}`;
}

/** `text` with its first letter in upper case. */
export function capitalize(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `text` as a sentence: with a full stop unless it ends with `.`, `!` or `?`. */
export function withFullStop(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
