import { InvalidValueError } from './errors.ts';
import { quote } from './text.ts';

/**
 * Whether `value` is an IMDb title id: `tt` and seven to ten digits. Ids become part of URLs and keys, and TMDB's CDN
 * percent-decodes path segments and resolves `..`, so nothing else may pass.
 */
export function isImdbId(value: string): boolean {
  return /^tt\d{7,10}$/.test(value);
}

/**
 * Validates an IMDb ID that a user entered and returns it unchanged.
 * @throws {InvalidValueError} for anything else.
 */
export function parseImdbId(value: string): string {
  if (isImdbId(value)) return value;
  throw new InvalidValueError(
    'An IMDb ID',
    `must be "tt" followed by seven to ten digits, such as tt0133093 (got ${quote(value)}).`,
  );
}
