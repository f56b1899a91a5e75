import { UsageError } from '../errors.ts';
import { quote } from '../text.ts';

/** IMDb's `titleType` values, as `title.basics.tsv.gz` has them. */
const TITLE_TYPES = [
  'movie',
  'short',
  'tvEpisode',
  'tvMiniSeries',
  'tvMovie',
  'tvPilot',
  'tvSeries',
  'tvShort',
  'tvSpecial',
  'video',
  'videoGame',
] as const;

/**
 * TMDB appends at most 20 things to an answer (https://developer.themoviedb.org/docs/append-to-response), and
 * the reviews are one of them.
 */
const MAX_APPENDED = 19;

/**
 * A TMDB v3 key or v4 token. Only what could not be sent in a header or a URL is refused here: whether a key is valid
 * only TMDB knows. No error shows the value.
 * @throws {UsageError} for white space or anything but printable ASCII inside.
 */
export function parseApiKey(text: string): string {
  const key = text.trim();
  if (/^[\x21-\x7e]{1,2000}$/.test(key)) return key;
  throw new UsageError(
    'the TMDB API key has white space or other characters that no key has: copy it again from https://www.themoviedb.org/settings/api.',
  );
}

/**
 * A language tag such as `en-US`, `de` or `es-419`, spelt as TMDB spells it.
 * @throws {UsageError} naming the value.
 */
export function parseLanguage(text: string): string {
  const match = /^([a-z]{2,3})(?:-([a-z]{2}|\d{3}))?$/i.exec(text.trim());
  const [, language, region] = match ?? [];
  if (language === undefined) {
    throw new UsageError(`${quote(text)} is no language: give a tag such as en-US or de.`);
  }
  return region === undefined ? language.toLowerCase() : `${language.toLowerCase()}-${region.toUpperCase()}`;
}

/** How a movie is looked up at TMDB. */
export type Lookup = 'details' | 'find';

/** `details` or `find`. @throws {UsageError} naming the value. */
export function parseLookup(text: string): Lookup {
  const lookup = text.trim();
  if (lookup === 'details' || lookup === 'find') return lookup;
  throw new UsageError(`${quote(text)} is no way to look a movie up: give details or find.`);
}

/**
 * What to append to a movie document: names without repeats, sorted, so that the same set reads the same.
 * `reviews` is dropped: reviews are always appended.
 * @throws {UsageError} naming the item, or the number of items.
 */
export function parseAppend(text: string): readonly string[] {
  const items = parseList(text).filter((item) => item !== 'reviews');
  for (const item of items) {
    if (!/^[a-z][a-z_/]*$/.test(item)) {
      throw new UsageError(
        `${quote(item)} is nothing that TMDB appends: give names such as credits,keywords or watch/providers.`,
      );
    }
  }
  if (items.length > MAX_APPENDED) {
    throw new UsageError(
      `${items.length} things to append are too many: TMDB takes ${MAX_APPENDED} beside the reviews.`,
    );
  }
  return items;
}

/**
 * IMDb's title types: names without repeats, sorted, spelt as IMDb spells them.
 * @throws {UsageError} naming the one that IMDb does not have.
 */
export function parseTitleTypes(text: string): readonly string[] {
  const types = parseList(text).map((item) => {
    const type = TITLE_TYPES.find((known) => known.toLowerCase() === item.toLowerCase());
    if (type !== undefined) return type;
    throw new UsageError(
      `${quote(item)} is no title type of IMDb's: give some of ${TITLE_TYPES.join(', ')}.`,
    );
  });
  if (types.length > 0) return [...new Set(types)].sort();
  throw new UsageError(`${quote(text)} names no title type: give some of ${TITLE_TYPES.join(', ')}.`);
}

/** Requests per second. @throws {UsageError} unless the value is a decimal number above 0. */
export function parseRequestsPerSecond(text: string): number {
  const rate = /^\d{1,6}(?:\.\d{1,6})?$/.test(text.trim()) ? Number(text) : 0;
  if (rate > 0) return rate;
  throw new UsageError(
    `${quote(text)} is no number of requests per second: give a number above 0, such as 40 or 0.5.`,
  );
}

/**
 * The root of a service, without a slash at its end.
 * @throws {UsageError} unless it is http or https, without credentials, query or fragment; what may hold
 *   credentials is not repeated.
 */
export function parseBaseUrl(text: string): string {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const shown = text.includes('@') ? 'the value' : quote(text);
    throw new UsageError(`${shown} is no web address: give one that begins with https:// or http://.`);
  }
  if (url.username !== '' || url.password !== '' || /[?#]/.test(text)) {
    throw new UsageError(
      `the address of ${url.host} has a user name, a query or a fragment: give the scheme, host and path alone.`,
    );
  }
  return url.href.replace(/\/+$/, '');
}

/**
 * A Lambda function's name. Lambda allows 64 characters; its role has the same name with `-role` at the end,
 * for which IAM allows 64, too.
 * @throws {UsageError} naming the value.
 */
export function parseLambdaName(text: string): string {
  const name = text.trim();
  if (/^[A-Za-z0-9_-]{1,59}$/.test(name)) return name;
  throw new UsageError(
    `${quote(text)} is no name for a Lambda function: give up to 59 letters, digits, hyphens and underscores.`,
  );
}

/**
 * A standard queue's name. SQS allows 80 characters, and the dead-letter queue's name has `-dlq` at the end.
 * @throws {UsageError} naming the value.
 */
export function parseQueueName(text: string): string {
  const name = text.trim();
  if (/^[A-Za-z0-9_-]{1,76}$/.test(name)) return name;
  const fifo = name.endsWith('.fifo') ? ' (a FIFO queue is not what the fleet works with)' : '';
  throw new UsageError(
    `${quote(text)} is no name for a standard SQS queue${fifo}: give up to 76 letters, digits, hyphens and underscores.`,
  );
}

/**
 * Makes a parser of whole numbers from `min` to `max`.
 * @param what what the number is of, for the error.
 */
export function parseWholeNumber(what: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new UsageError(
      `${quote(text)} is no number of ${what}: give a whole number from ${min} to ${max}.`,
    );
  };
}

function parseList(text: string): string[] {
  const items = text.split(',').map((item) => item.trim());
  return [...new Set(items.filter((item) => item !== ''))].sort();
}
