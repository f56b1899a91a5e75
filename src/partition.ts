import { UsageError } from './errors.ts';
import { quote } from './text.ts';

/** The movies of one start year whose title begins with the same two-character initial. */
export interface Partition {
  /** IMDb's `startYear`, four digits. */
  readonly year: number;
  /** Two characters of `A–Z`, `0–9`, padded with `_`, as `initialOf` gives them. */
  readonly initial: string;
}

/** The oldest year a title can have: IMDb's first entry is of 1874. */
export const FIRST_YEAR = 1870;
/** The last year that is accepted: IMDb has "100 Years" (tt5174640) of 2115; later years are mistakes. */
export const LAST_YEAR = 2200;

/** Whether a title can have this year. */
export function isYear(year: number): boolean {
  return Number.isInteger(year) && year >= FIRST_YEAR && year <= LAST_YEAR;
}

/** Whether `initialOf` can return this initial, which is then safe in a key and in a URL. */
export function isInitial(initial: string): boolean {
  return /^(?:[A-Z0-9][A-Z0-9_]|__)$/.test(initial);
}

/**
 * Reads a year written by a person or another program: `2004` or `"2004"`.
 * @throws {UsageError} for anything else, naming the value.
 */
export function parseYear(value: unknown): number {
  const year = typeof value === 'string' && /^\d{4}$/.test(value.trim()) ? Number(value) : value;
  if (typeof year === 'number' && isYear(year)) return year;
  throw new UsageError(
    `${quote(value)} is no year of a movie: give four digits between ${FIRST_YEAR} and ${LAST_YEAR}.`,
  );
}

/**
 * Reads an initial written by a person or another program: `AD`, `ad`, `A_`, `"A "` or `A` (both mean `A_`).
 * @throws {UsageError} for anything else, naming the value.
 */
export function parseInitial(value: unknown): string {
  if (typeof value === 'string') {
    const initial = value.toUpperCase().replaceAll(' ', '_').padEnd(2, '_');
    if (value !== '' && isInitial(initial)) return initial;
  }
  throw new UsageError(
    `${quote(value)} is no initial: give the title's first two letters or digits, such as AD, 50 or A_ (for "A Beautiful Mind").`,
  );
}

/** A partition's name for people: `2004/AD`. */
export function partitionName({ year, initial }: Partition): string {
  return `${year}/${initial}`;
}
