import { requireSourceOfWorkers } from '../../app/deployed-settings.ts';
import { planRedrive, redrive as putBack, type RedriveReport } from '../../app/redrive.ts';
import { InvalidValueError, namingSource } from '../../errors.ts';
import { type Partition, parseInitial, parseYear } from '../../partition.ts';
import { formatCount, formatNumberOf, quote } from '../../text.ts';
import { defineCommand } from '../command.ts';
import { COMMAND_SETTINGS } from '../command-settings.ts';
import { askConsent, readDryRun, showPlan } from '../consent.ts';
import type { CommandContext } from '../context.ts';
import { collect, type Flags } from '../flags.ts';
import { formatLetters, formatRedrive, type RedriveResult } from '../format-redrive.ts';
import { type FleetInput, openCommandFleet, readFleetInput } from '../open-connection.ts';
import { createProgress } from '../progress.ts';

/** The input of `tdd redrive`. */
interface RedriveInput extends FleetInput {
  /** List and change nothing. */
  readonly dryRun: boolean;
  /** Return only these. */
  readonly only: readonly Partition[] | undefined;
}

/** `tdd redrive`: lists the dead letters and returns them to the queue. */
export const redrive = defineCommand<RedriveInput, RedriveResult>({
  description:
    'Lists the messages in the dead-letter queue with the reason why each one failed, asks for confirmation, and returns ' +
    'them to the queue. Fix the reported causes first.',
  settings: COMMAND_SETTINGS.redrive,
  declare: (command) =>
    command
      .option('--partition <YEAR/II>', 'return only the messages of this partition; can be repeated', collect)
      .option('--dry-run', 'list the messages and change nothing'),
  readInput,
  run,
  format: formatRedrive,
  exitCode: ({ letters, hidden, report }) => {
    if (letters.length === 0) return hidden > 0 ? 1 : 0;
    return report !== undefined && report.left + report.undeleted > 0 ? 1 : 0;
  },
});

async function readInput(context: CommandContext, flags: Flags): Promise<RedriveInput> {
  const dryRun = readDryRun(context, flags, { act: 'return the messages', preview: 'list them' });
  const only = Array.isArray(flags.partition)
    ? flags.partition.map((text) => parsePartition(String(text)))
    : undefined;
  return { ...(await readFleetInput(context)), dryRun, only };
}

function parsePartition(text: string): Partition {
  const [year, initial, ...rest] = text.split('/');
  if (rest.length === 0 && initial !== undefined) {
    return namingSource('--partition', () => ({ year: parseYear(year), initial: parseInitial(initial) }));
  }
  throw new InvalidValueError(
    '--partition',
    `must be a year and an initial, such as 2004/AD (got ${quote(text)}).`,
  );
}

/** The report when all dead letters are unreadable. */
const NOTHING_MOVED: RedriveReport = { moved: 0, left: 0, undeleted: 0, by: 'messages' };

async function run(
  context: CommandContext,
  { settings, dryRun, only }: RedriveInput,
): Promise<RedriveResult> {
  const { clock, signal, output } = context;
  const fleet = await openCommandFleet(context, { settings }, { announce: !dryRun });
  const plan = await planRedrive(fleet, { only, signal });
  const { letters, hidden } = plan;
  const chosen = plan.chosen.size;
  const queue = fleet.queue.name;
  const result = { queue, at: new Date(clock.now()).toISOString(), letters, hidden, chosen };
  if (dryRun || (chosen === 0 && plan.unreadable === 0)) return result;
  if (chosen === 0) return { ...result, ...(only === undefined && { report: NOTHING_MOVED }) };

  await requireSourceOfWorkers(fleet, await fleet.workers.readEnvironment());
  showPlan(context, formatLetters(result, output.style));
  const which =
    chosen + plan.unreadable === letters.length
      ? formatNumberOf(chosen, 'message')
      : `${formatCount(chosen)} of ${formatNumberOf(letters.length, 'message')}`;
  const message = `Return ${which} to the queue ${queue}?`;
  await askConsent(context, message, 'Cancelled: nothing was returned to the queue.');
  const bar = createProgress(context, 'messages');
  try {
    const report = await putBack(fleet, {
      choose: ({ id }) => plan.chosen.has(id),
      isAll: plan.isAll,
      signal,
      onProgress: (moved) => bar.update({ done: moved, total: Math.max(moved, chosen), fields: [] }),
    });
    return { ...result, report };
  } finally {
    bar.stop();
  }
}
