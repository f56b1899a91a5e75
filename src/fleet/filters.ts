import { InvalidValueError, UsageError } from '../errors.ts';
import { quote } from '../text.ts';

/** Selects the partitions that a launch sends. */
export interface FleetFilters {
  readonly minYear: number;
  readonly maxYear: number;
  readonly initial?: string | undefined;
  /** Only the smallest partitions, at most this many. */
  readonly limit?: number | undefined;
  /** Partitions without a complete manifest, or without parts. */
  readonly onlyMissing: boolean;
  /** Partitions with failed titles or missing reviews. */
  readonly failed: boolean;
  /** Partitions with titles downloaded longer ago than this; those titles are downloaded again. */
  readonly olderThanMs?: number | undefined;
}

/** The first year of a launch without `minYear`, unless `maxYear` is earlier. */
const DEFAULT_MIN_YEAR = 2000;

/**
 * Fills in the defaults.
 * @param nowMs the current time; its UTC year is the default of `maxYear`.
 * @throws {UsageError} for years in the wrong order, a first year in the future without a last one, or a limit that is not a
 *   whole number above 0.
 */
export function completeFilters(given: Partial<FleetFilters>, nowMs: number): FleetFilters {
  const { initial, limit, olderThanMs } = given;
  const thisYear = new Date(nowMs).getUTCFullYear();
  if (given.maxYear === undefined && given.minYear !== undefined && given.minYear > thisYear) {
    throw new UsageError(
      `--min-year must not be after this year unless --max-year is given (got ${given.minYear}).`,
    );
  }
  const maxYear = given.maxYear ?? thisYear;
  const minYear = given.minYear ?? Math.min(DEFAULT_MIN_YEAR, maxYear);
  checkYearOrder(minYear, maxYear);
  if (limit !== undefined && !(Number.isSafeInteger(limit) && limit > 0)) {
    throw new InvalidValueError('The limit', `must be a whole number of 1 or more (got ${limit}).`);
  }
  return {
    minYear,
    maxYear,
    ...(initial !== undefined && { initial }),
    ...(limit !== undefined && { limit }),
    onlyMissing: given.onlyMissing ?? false,
    failed: given.failed ?? false,
    ...(olderThanMs !== undefined && { olderThanMs }),
  };
}

/** @throws {UsageError} for years in the wrong order. */
export function checkYearOrder(minYear: number, maxYear: number): void {
  if (minYear > maxYear) {
    throw new UsageError(`--min-year must not be after --max-year (got ${minYear} and ${maxYear}).`);
  }
}

/** Whether two sets of filters are equal. */
export function areSameFilters(a: FleetFilters, b: FleetFilters): boolean {
  const names = ['minYear', 'maxYear', 'initial', 'limit', 'onlyMissing', 'failed', 'olderThanMs'] as const;
  return names.every((name) => a[name] === b[name]);
}

/** Returns the command line that launches, or downloads, with these filters. */
export function launchCommand(filters: FleetFilters, nowMs: number, command = 'tdd launch'): string {
  const { minYear, maxYear, initial, limit, onlyMissing, failed, olderThanMs } = filters;
  const flags = [
    minYear === DEFAULT_MIN_YEAR ? '' : `--min-year ${minYear}`,
    maxYear === new Date(nowMs).getUTCFullYear() ? '' : `--max-year ${maxYear}`,
    initial === undefined ? '' : `--initial ${initial}`,
    onlyMissing ? '--only-missing' : '',
    failed ? '--failed' : '',
    olderThanMs === undefined ? '' : `--older-than ${writeAge(olderThanMs)}`,
    limit === undefined ? '' : `--limit ${limit}`,
  ];
  return [command, ...flags.filter((flag) => flag !== '')].join(' ');
}

/** Returns the flags with which a launch covers the years of partitions; by default, it covers 2000 to this year. */
export function yearFlags(
  summaries: readonly { readonly partition: { readonly year: number } }[],
  nowMs: number,
): string {
  const years = summaries.map(({ partition }) => partition.year);
  const first = years.reduce((a, b) => Math.min(a, b), DEFAULT_MIN_YEAR);
  const thisYear = new Date(nowMs).getUTCFullYear();
  const last = years.reduce((a, b) => Math.max(a, b), thisYear);
  return `${first < DEFAULT_MIN_YEAR ? ` --min-year ${first}` : ''}${last > thisYear ? ` --max-year ${last}` : ''}`;
}

const UNIT_MS = { h: 3_600_000, d: 86_400_000, w: 7 * 86_400_000 } as const;

/**
 * Parses an age such as `30d`, `12h` or `2w`.
 * @returns milliseconds.
 * @throws {InvalidValueError} for anything else.
 */
export function parseAge(text: string): number {
  const [, number, unit] = /^(\d{1,5})([hdw])$/.exec(text.trim().toLowerCase()) ?? [];
  if (number !== undefined && Number(number) > 0)
    return Number(number) * UNIT_MS[unit as keyof typeof UNIT_MS];
  throw new InvalidValueError(
    'The age',
    `must be a number of hours, days or weeks, such as 12h, 30d or 8w (got ${quote(text)}).`,
  );
}

/** Formats an age for {@link parseAge}. */
function writeAge(ms: number): string {
  return ms % UNIT_MS.d === 0 ? `${ms / UNIT_MS.d}d` : `${Math.max(1, Math.round(ms / UNIT_MS.h))}h`;
}
