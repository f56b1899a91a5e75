import { InvalidValueError } from '../errors.ts';
import { quote } from '../text.ts';

/** IMDb's `titleType` values, as in `title.basics.tsv.gz`. */
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
 * TMDB appends at most 20 items to a response (https://developer.themoviedb.org/docs/append-to-response), and the
 * reviews are one of them.
 */
const MAX_APPENDED = 19;

/**
 * A TMDB v3 API key or v4 read access token. Only TMDB knows whether a key is valid; this rejects what cannot be sent in
 * a header or a URL. No error shows the value.
 * @throws {InvalidValueError} for an empty key, whitespace inside, or anything but printable ASCII.
 */
export function parseApiKey(text: string): string {
  const key = text.trim();
  if (/^[\x21-\x7e]{1,2000}$/.test(key)) return key;
  const problem = key === '' ? 'must not be empty' : 'must not contain spaces or special characters';
  throw new InvalidValueError(
    'The TMDB API key',
    `${problem}: copy it again from https://www.themoviedb.org/settings/api.`,
  );
}

/**
 * A language tag such as `en-US`, `de` or `es-419`, with TMDB's capitalization.
 * @throws {InvalidValueError} for anything else.
 */
export function parseLanguage(text: string): string {
  const match = /^([a-z]{2,3})(?:-([a-z]{2}|\d{3}))?$/i.exec(text.trim());
  const [, language, region] = match ?? [];
  if (language === undefined) {
    throw new InvalidValueError('The language', `must be a tag such as en-US or de (got ${quote(text)}).`);
  }
  return region === undefined ? language.toLowerCase() : `${language.toLowerCase()}-${region.toUpperCase()}`;
}

/** How to look up a movie at TMDB. */
export type Lookup = 'details' | 'find';

/** `details` or `find`. @throws {InvalidValueError} for anything else. */
export function parseLookup(text: string): Lookup {
  const lookup = text.trim();
  if (lookup === 'details' || lookup === 'find') return lookup;
  throw new InvalidValueError('The lookup', `must be details or find (got ${quote(text)}).`);
}

/**
 * What to append to a movie document: unique names, sorted, so that equal sets compare equal. `reviews` is dropped,
 * since reviews are always appended.
 * @throws {InvalidValueError} for an invalid name, or more names than TMDB allows.
 */
export function parseAppend(text: string): readonly string[] {
  const items = parseList(text).filter((item) => item !== 'reviews');
  for (const item of items) {
    if (!/^[a-z][a-z_/]*$/.test(item)) {
      throw new InvalidValueError(
        'The append list',
        `must be a list of TMDB's names, such as credits,keywords or watch/providers (got ${quote(item)}).`,
      );
    }
  }
  if (items.length > MAX_APPENDED) {
    throw new InvalidValueError(
      'The append list',
      `must have at most ${MAX_APPENDED} names, because TMDB allows ${MAX_APPENDED + 1} including the reviews (got ${items.length}).`,
    );
  }
  return items;
}

/**
 * IMDb's title types: unique, sorted, with IMDb's capitalization.
 * @throws {InvalidValueError} for an unknown type, or an empty list.
 */
export function parseTitleTypes(text: string): readonly string[] {
  const types = parseList(text).map((item) => {
    const type = TITLE_TYPES.find((known) => known.toLowerCase() === item.toLowerCase());
    if (type !== undefined) return type;
    throw invalidTitleTypes(item);
  });
  if (types.length > 0) return [...new Set(types)].sort();
  throw invalidTitleTypes(text);
}

function invalidTitleTypes(text: string): InvalidValueError {
  return new InvalidValueError(
    'The title types',
    `must be one or more of ${TITLE_TYPES.join(', ')} (got ${quote(text)}).`,
  );
}

/** Requests per second. @throws {InvalidValueError} unless the value is a decimal number above 0. */
export function parseRequestsPerSecond(text: string): number {
  const rate = /^\d{1,6}(?:\.\d{1,6})?$/.test(text.trim()) ? Number(text) : 0;
  if (rate > 0) return rate;
  throw new InvalidValueError(
    'The rate limit',
    `must be a number above 0, such as 40 or 0.5 (got ${quote(text)}).`,
  );
}

/**
 * The base URL of a service, without a trailing slash.
 * @throws {InvalidValueError} unless it is http or https, without credentials, query or fragment. A value that may contain
 *   credentials is not shown.
 */
export function parseBaseUrl(text: string): string {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    const got = text.includes('@') ? '' : ` (got ${quote(text)})`;
    throw new InvalidValueError('The address', `must begin with https:// or http://${got}.`);
  }
  if (url.username !== '' || url.password !== '' || /[?#]/.test(text)) {
    throw new InvalidValueError(
      'The address',
      `must have only a scheme, a host and a path, without a user name, query or fragment (the host is ${url.host}).`,
    );
  }
  return url.href.replace(/\/+$/, '');
}

/** A host on this machine. */
const LOOPBACK = /^(?:127(?:\.\d+){3}|\[::1\]|(?:.+\.)?localhost)$/;

/**
 * The base URL of TMDB's API, see {@link parseBaseUrl}. The version `/3`, which TMDB's documentation includes, is removed,
 * since every request adds it.
 * @throws {InvalidValueError} also for http, because each request carries the API key, unless the host is on this machine.
 */
export function parseTmdbBaseUrl(text: string): string {
  const base = parseBaseUrl(text).replace(/\/+3$/, '');
  const { protocol, hostname } = new URL(base);
  if (protocol === 'https:' || LOOPBACK.test(hostname)) return base;
  throw new InvalidValueError(
    'The address',
    `must begin with https:// unless it is on this machine, because http sends the API key unencrypted (got ${quote(base)}).`,
  );
}

/**
 * A Lambda function's name. Lambda allows 64 characters, and so does IAM for the role, whose name adds `-role`.
 * @throws {InvalidValueError} for anything else.
 */
export function parseLambdaName(text: string): string {
  const name = text.trim();
  if (/^[A-Za-z0-9_-]{1,59}$/.test(name)) return name;
  throw new InvalidValueError(
    'The function name',
    `must be 1 to 59 letters, digits, hyphens and underscores (got ${quote(text)}).`,
  );
}

/**
 * A standard queue's name. SQS allows 80 characters, and the dead-letter queue's name adds `-dlq`.
 * @throws {InvalidValueError} for anything else.
 */
export function parseQueueName(text: string): string {
  const name = text.trim();
  if (/^[A-Za-z0-9_-]{1,76}$/.test(name)) return name;
  const fifo = name.endsWith('.fifo') ? '; FIFO queues are not supported' : '';
  throw new InvalidValueError(
    'The queue name',
    `must be 1 to 76 letters, digits, hyphens and underscores (got ${quote(text)}${fifo}).`,
  );
}

/** Any partition: `aws`, `aws-cn`, `aws-us-gov`, and those of isolated and sovereign clouds. */
const IAM_ARN = /^arn:aws[a-z-]*:iam::(\d{12}|aws):(role|policy)\/(?:[\x21-\x7e]+\/)?[\w+=,.@-]+$/;

/** The ARN of an IAM role, with its path if it has one. @throws {InvalidValueError} for anything else. */
export function parseRoleArn(text: string): string {
  const [arn = '', account, kind] = IAM_ARN.exec(text.trim()) ?? [];
  if (kind === 'role' && account !== 'aws') return arn;
  throw new InvalidValueError(
    'The role',
    `must be the ARN of a role, such as arn:aws:iam::123456789012:role/films-worker (got ${quote(text)}).`,
  );
}

/** The ARN of an IAM policy of the account or of AWS. @throws {InvalidValueError} for anything else. */
export function parsePolicyArn(text: string): string {
  const [arn = '', , kind] = IAM_ARN.exec(text.trim()) ?? [];
  if (kind === 'policy') return arn;
  throw new InvalidValueError(
    'The permissions boundary',
    `must be the ARN of a policy, such as arn:aws:iam::123456789012:policy/boundary (got ${quote(text)}).`,
  );
}

/**
 * Makes a parser of whole numbers from `min` to `max`.
 * @param subject begins the error's sentence: `The memory size`.
 */
export function parseWholeNumber(subject: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,9}$/.test(text.trim()) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidValueError(
      subject,
      `must be a whole number from ${min} to ${max} (got ${quote(text)}).`,
    );
  };
}

/** `yes` or `no`. @throws {InvalidValueError} for anything else. */
export function parseYesNo(text: string): 'yes' | 'no' {
  const answer = text.trim().toLowerCase();
  if (answer === 'yes' || answer === 'no') return answer;
  throw new InvalidValueError('The value', `must be yes or no (got ${quote(text)}).`);
}

function parseList(text: string): string[] {
  const items = text.split(',').map((item) => item.trim());
  return [...new Set(items.filter((item) => item !== ''))].sort();
}
