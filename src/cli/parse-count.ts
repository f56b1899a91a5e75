import { UsageError } from '../errors.ts';

/**
 * Reads a number of things given with a flag.
 * @throws {UsageError} for anything but a whole number above 0.
 */
export function parseCount(text: string, flag: string): number {
  const count = Number(text);
  if (/^\d+$/.test(text.trim()) && Number.isSafeInteger(count) && count > 0) return count;
  throw new UsageError(`${flag} "${text}" is no number of things: give a whole number above 0.`);
}
