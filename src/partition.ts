import { InvalidValueError } from './errors.ts';
import { quote } from './text.ts';

/** The unit of work: all movies of one start year whose titles share a two-character initial. */
export interface Partition {
  /** IMDb's `startYear`, four digits. */
  readonly year: number;
  /** Two characters of `A–Z` and `0–9`, padded with `_`, as returned by `initialOf`. */
  readonly initial: string;
}

/** The earliest year that is accepted: IMDb's oldest title is from 1874. */
export const FIRST_YEAR = 1870;
/** The latest year that is accepted: IMDb lists "100 Years" (tt5174640) for 2115; years after 2200 are errors. */
export const LAST_YEAR = 2200;

/** Whether `year` is an integer from {@link FIRST_YEAR} to {@link LAST_YEAR}. */
export function isYear(year: number): boolean {
  return Number.isInteger(year) && year >= FIRST_YEAR && year <= LAST_YEAR;
}

/** Whether `initial` is one that `initialOf` can return. Such an initial is safe in a key and in a URL. */
export function isInitial(initial: string): boolean {
  return /^(?:[A-Z0-9][A-Z0-9_]|__)$/.test(initial);
}

/**
 * Parses a year from user input or a message: `2004` or `"2004"`.
 * @throws {InvalidValueError} for anything else.
 */
export function parseYear(value: unknown): number {
  const year = typeof value === 'string' && /^\d{4}$/.test(value.trim()) ? Number(value) : value;
  if (typeof year === 'number' && isYear(year)) return year;
  throw new InvalidValueError(
    'The year',
    `must be four digits from ${FIRST_YEAR} to ${LAST_YEAR} (got ${quote(value)}).`,
  );
}

/**
 * Parses an initial from user input or a message: `AD`, `ad`, `A_`, `"A "` or `A` (the last two mean `A_`).
 * @throws {InvalidValueError} for anything else.
 */
export function parseInitial(value: unknown): string {
  if (typeof value === 'string') {
    const initial = value.toUpperCase().replaceAll(' ', '_').padEnd(2, '_');
    if (value !== '' && isInitial(initial)) return initial;
  }
  throw new InvalidValueError(
    'The initial',
    `must be the first two characters of a title: letters or digits, with _ for a space, such as AD, 50, or A_ for "A Beautiful Mind" (got ${quote(value)}).`,
  );
}

/** The name of a partition in messages and logs: `2004/AD`. */
export function partitionName({ year, initial }: Partition): string {
  return `${year}/${initial}`;
}
