import { UsageError } from './errors.ts';
import { quote } from './text.ts';

/**
 * Whether this is an IMDb title id. TMDB's CDN percent-decodes path segments and resolves `..`, so nothing else may get
 * into a URL or a key.
 */
export function isImdbId(value: string): boolean {
  return /^tt\d{7,10}$/.test(value);
}

/**
 * Reads an IMDb id written by a person.
 * @throws {UsageError} naming the value.
 */
export function parseImdbId(value: string): string {
  if (isImdbId(value)) return value;
  throw new UsageError(
    `${quote(value)} is no IMDb id: give "tt" and seven to ten digits, such as tt0133093.`,
  );
}
