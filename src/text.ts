/**
 * Formats a value for an error message: as JSON, so that control characters are escaped, and shortened.
 * @param maxLength in UTF-16 code units, of the string itself or of the JSON text of any other value.
 */
export function quote(value: unknown, maxLength = 60): string {
  if (typeof value === 'string') return JSON.stringify(shorten(value, maxLength));
  return shorten(JSON.stringify(value) ?? String(value), maxLength);
}

/** Truncates `text` to `maxLength` UTF-16 code units and marks the truncation with `…`. */
export function shorten(text: string, maxLength: number): string {
  return text.length > maxLength ? `${text.slice(0, maxLength)}…` : text;
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
