import { UsageError } from '../errors.ts';
import { type Partition, parseInitial, parseYear } from '../partition.ts';
import type { CommandContext } from './context.ts';
import { type Flags, readFlag } from './flags.ts';

/** The values of `--year` and `--initial`. */
type PartitionFlags = Partial<Partition>;

/**
 * Reads `--year` and `--initial`.
 * @param instruction the error message when one is missing and the command cannot ask.
 * @throws {UsageError} for an invalid value, or a missing one unless {@link askForPartition} can ask.
 */
export function readPartitionFlags(
  { mayAsk }: CommandContext,
  flags: Flags,
  instruction: string,
): PartitionFlags {
  const year = readFlag(flags, '--year', parseYear);
  const initial = readFlag(flags, '--initial', parseInitial);
  if (!mayAsk && (year === undefined || initial === undefined)) {
    if (year !== undefined) throw new UsageError(`--initial is missing. ${instruction}`);
    if (initial !== undefined) throw new UsageError(`--year is missing. ${instruction}`);
    throw new UsageError(instruction);
  }
  return { ...(year !== undefined && { year }), ...(initial !== undefined && { initial }) };
}

/** Asks for the parts of a partition that no flag gives. */
export async function askForPartition(
  { prompter }: CommandContext,
  given: PartitionFlags,
): Promise<Partition> {
  const year =
    given.year ?? (await prompter.askText({ message: 'Year:', default: '2004', parse: parseYear }));
  const initial =
    given.initial ??
    (await prompter.askText({
      message: 'Initial (the first two characters of the titles):',
      default: 'AD',
      parse: parseInitial,
    }));
  return { year, initial };
}
