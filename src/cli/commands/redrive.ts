import { requireSourceOfWorkers } from '../../app/deployed-settings.ts';
import {
  planRedrive,
  type RedrivePlan,
  type RedriveReport,
  redrive as redriveLetters,
} from '../../app/redrive.ts';
import { InvalidValueError, namingSource, UserError } from '../../errors.ts';
import { type Partition, parseInitial, parseYear, partitionName } from '../../partition.ts';
import { formatCount, formatNumberOf, quote } from '../../text.ts';
import { defineCommand } from '../command.ts';
import { COMMAND_SETTINGS } from '../command-settings.ts';
import { askConsent, readDryRun, showPlan } from '../consent.ts';
import type { CommandContext } from '../context.ts';
import { collect, type Flags } from '../flags.ts';
import { countLeft, formatLetters, formatRedrive, type RedriveResult } from '../format-redrive.ts';
import { type FleetInput, openCommandFleet, readFleetInput } from '../open-connection.ts';
import { createProgress } from '../progress.ts';

/** The input of `tdd redrive`. */
interface RedriveInput extends FleetInput {
  /** List and change nothing. */
  readonly dryRun: boolean;
  /** Delete messages instead of returning them. */
  readonly discard: boolean;
  /** Only these. */
  readonly only: readonly Partition[] | undefined;
}

/** `tdd redrive`: lists the dead letters and returns them to the queue. */
export const redrive = defineCommand<RedriveInput, RedriveResult>({
  description:
    'Lists the messages in the dead-letter queue with the reason why each one failed, asks for confirmation, and returns ' +
    'them to the queue. Fix the reported causes first. With --discard it deletes them instead.',
  settings: COMMAND_SETTINGS.redrive,
  declare: (command) =>
    command
      .option('--partition <YEAR/II>', 'only the messages of this partition; can be repeated', collect)
      .option('--discard', 'delete the messages from the dead-letter queue instead of returning them')
      .option('--dry-run', 'list the messages and change nothing'),
  readInput,
  run,
  format: formatRedrive,
  exitCode: ({ letters, hidden, chosen, report }) => {
    if (letters.length === 0) return hidden > 0 ? 1 : 0;
    return report !== undefined && countLeft(report, chosen) > 0 ? 1 : 0;
  },
});

async function readInput(context: CommandContext, flags: Flags): Promise<RedriveInput> {
  const discard = flags.discard === true;
  const act = discard ? 'delete the messages' : 'return the messages';
  const dryRun = readDryRun(context, flags, { act, preview: 'list them' });
  const only = Array.isArray(flags.partition)
    ? flags.partition.map((text) => parsePartition(String(text)))
    : undefined;
  return { ...(await readFleetInput(context)), dryRun, discard, only };
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

/** The error when no dead letter is of one of the partitions. */
function noMatch(only: readonly Partition[], { letters, hidden }: RedrivePlan): UserError {
  const names = [
    ...new Set(letters.flatMap(({ partition }) => (partition ? [partitionName(partition)] : []))),
  ];
  const others = names.length > NAMED ? [...names.slice(0, NAMED), '…'] : names;
  const has = others.length > 0 ? `; it has messages of ${others.join(', ')}` : '';
  const more =
    hidden > 0
      ? ` Another command is reading ${formatNumberOf(hidden, 'message')}: try again in a minute.`
      : '';
  return new UserError(
    `The dead-letter queue has no message of ${only.map(partitionName).join(' or ')}${has}: check --partition.${more}`,
  );
}

const NAMED = 5;

/** The report when all dead letters are unreadable. */
const NOTHING_MOVED: RedriveReport = { moved: 0, left: 0, undeleted: 0, by: 'messages' };

async function run(
  context: CommandContext,
  { settings, dryRun, discard, only }: RedriveInput,
): Promise<RedriveResult> {
  const { clock, signal, output } = context;
  const fleet = await openCommandFleet(context, { settings }, { announce: !dryRun });
  const plan = await planRedrive(fleet, { only, discard, signal });
  const { letters, hidden } = plan;
  const chosen = plan.chosen.size;
  const queue = fleet.queue.name;
  if (only !== undefined && letters.length > 0 && chosen === 0) throw noMatch(only, plan);
  const result = { queue, at: new Date(clock.now()).toISOString(), letters, hidden, chosen };
  if (dryRun || letters.length === 0) return result;
  if (chosen === 0) return { ...result, report: NOTHING_MOVED };

  if (discard) {
    // Nothing is deleted that was not shown, not even with --quiet.
    const shown = { ...result, letters: letters.filter(({ id }) => plan.chosen.has(id)) };
    output.notice(`\n${formatLetters(shown, output.style, { toDiscard: true })}\n`);
  } else {
    await requireSourceOfWorkers(fleet, await fleet.workers.readEnvironment());
    showPlan(context, formatLetters(result, output.style));
  }
  const which =
    chosen === letters.length || (!discard && chosen + plan.unreadable === letters.length)
      ? formatNumberOf(chosen, 'message')
      : `${formatCount(chosen)} of ${formatNumberOf(letters.length, 'message')}`;
  if (discard) {
    const message = `Delete ${which} from the dead-letter queue ${fleet.deadLetters.name}? They cannot be restored.`;
    await askConsent(context, message, 'Cancelled: nothing was deleted.');
  } else {
    const message = `Return ${which} to the queue ${queue}?`;
    await askConsent(context, message, 'Cancelled: nothing was returned to the queue.');
  }
  const bar = createProgress(context, 'messages');
  try {
    const report = await redriveLetters(fleet, {
      choose: ({ id }) => plan.chosen.has(id),
      isAll: plan.isAll,
      discard,
      signal,
      onProgress: (done) => bar.update({ done, total: Math.max(done, chosen), fields: [] }),
    });
    return { ...result, report };
  } finally {
    bar.stop();
  }
}
