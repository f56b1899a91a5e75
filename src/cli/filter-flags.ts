import type { Command as Commander } from 'commander';
import { type FleetFilters, parseAge } from '../fleet/filters.ts';
import { parseInitial, parseYear } from '../partition.ts';
import { type Flags, readFlag } from './flags.ts';

/** Declares the flags that choose partitions, for a launch or a local download. */
export function declareFilters(command: Commander): Commander {
  return command
    .option('--min-year <YYYY>', 'first year (default: 2000, or --max-year if that is earlier)')
    .option('--max-year <YYYY>', 'last year (default: this year)')
    .option('--only-missing', 'only partitions without a complete manifest, or without parts')
    .option('--failed', 'only partitions with failed titles or missing reviews; downloads only these titles')
    .option(
      '--older-than <AGE>',
      'only partitions with titles downloaded more than AGE ago, such as 12h, 30d or 8w; downloads these titles again',
    );
}

/** Reads these flags and `--initial`. @throws {UsageError} for an invalid value. */
export function readFilters(flags: Flags): Partial<FleetFilters> {
  const minYear = readFlag(flags, '--min-year', parseYear);
  const maxYear = readFlag(flags, '--max-year', parseYear);
  const initial = readFlag(flags, '--initial', parseInitial);
  const olderThanMs = readFlag(flags, '--older-than', parseAge);
  return {
    ...(minYear !== undefined && { minYear }),
    ...(maxYear !== undefined && { maxYear }),
    ...(initial !== undefined && { initial }),
    ...(olderThanMs !== undefined && { olderThanMs }),
    onlyMissing: flags.onlyMissing === true,
    failed: flags.failed === true,
  };
}
