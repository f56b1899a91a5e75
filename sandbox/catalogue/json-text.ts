import type { JsonObject } from './tmdb-movie.ts';

const MARK = 'exact number ';

/** Creates a number that JavaScript would round: a string that {@link formatJson} writes without quotes. */
export function exactNumber(digits: string): string {
  return MARK + digits;
}

/** Formats JSON text with the digits of each {@link exactNumber}. */
export function formatJson(document: JsonObject): string {
  return JSON.stringify(document).replaceAll(new RegExp(`"${MARK}([^"]+)"`, 'g'), '$1');
}

/** Returns the digits of each {@link exactNumber} in a document. */
export function exactNumbersIn(document: JsonObject): string[] {
  return [...JSON.stringify(document).matchAll(new RegExp(`"${MARK}([^"]+)"`, 'g'))].map(
    ([, digits = '']) => digits,
  );
}
