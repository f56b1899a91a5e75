import { UsageError } from '../errors.ts';

/**
 * Reads a number of things given with a flag.
 * @throws {UsageError} for anything but a whole number of at least `least`.
 */
export function parseCount(text: string, flag: string, { least = 1 } = {}): number {
  const count = Number(text);
  if (/^\d+$/.test(text.trim()) && Number.isSafeInteger(count) && count >= least) return count;
  throw new UsageError(`${flag} "${text}" is no number of things: give a whole number, ${least} or more.`);
}
