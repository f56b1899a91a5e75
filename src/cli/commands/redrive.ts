import type { DeadLetter } from '../../app/dead-letters.ts';
import { planRedrive, redrive as putBack, type RedriveReport } from '../../app/redrive.ts';
import { InvalidValueError, namingSource } from '../../errors.ts';
import { type Partition, parseInitial, parseYear, partitionName } from '../../partition.ts';
import { formatCount, formatNumberOf, quote } from '../../text.ts';
import { defineCommand } from '../command.ts';
import { askConsent, readDryRun, showPlan } from '../consent.ts';
import type { CommandContext } from '../context.ts';
import { collect, type Flags } from '../flags.ts';
import { formatDuration, formatTable } from '../format.ts';
import { FLEET_SETTINGS, type FleetInput, openCommandFleet, readFleetInput } from '../open-connection.ts';
import type { Style } from '../output.ts';
import { createProgress } from '../progress.ts';

/** The input of `tdd redrive`. */
interface RedriveInput extends FleetInput {
  /** List and change nothing. */
  readonly dryRun: boolean;
  /** Put back these only. */
  readonly only: readonly Partition[] | undefined;
}

/** The result of `tdd redrive`. */
export interface RedriveResult {
  readonly queue: string;
  /** ISO instant. */
  readonly at: string;
  readonly letters: readonly DeadLetter[];
  /** About how many are invisible, because another command has received them. */
  readonly hidden: number;
  /** How many of them are to be put back. */
  readonly chosen: number;
  /** Absent when nothing was put back. */
  readonly report?: RedriveReport;
}

const LISTED = 40;

/** `tdd redrive`: what the workers gave up, and back on the queue with it. */
export const redrive = defineCommand<RedriveInput, RedriveResult>({
  description:
    'Lists the messages in the dead-letter queue with the reasons for which workers gave them up, and puts them ' +
    'back on the queue after a question. Mend what the reasons name first.',
  settings: FLEET_SETTINGS,
  declare: (command) =>
    command
      .option('--partition <YEAR/II>', 'put back this partition only; can be given more than once', collect)
      .option('--dry-run', 'list them and change nothing'),
  readInput,
  run,
  format,
  exitCode: ({ letters, hidden, report }) => {
    if (letters.length === 0) return hidden > 0 ? 1 : 0;
    return report !== undefined && report.left + report.undeleted > 0 ? 1 : 0;
  },
});

async function readInput(context: CommandContext, flags: Flags): Promise<RedriveInput> {
  const dryRun = readDryRun(context, flags, { act: 'put them back', preview: 'list them' });
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

async function run(
  context: CommandContext,
  { settings, dryRun, only }: RedriveInput,
): Promise<RedriveResult> {
  const { clock, signal } = context;
  const fleet = await openCommandFleet(context, { settings }, { announce: !dryRun });
  const plan = await planRedrive(fleet, { only, signal });
  const { letters, hidden } = plan;
  const chosen = plan.chosen.size;
  const queue = fleet.queue.name;
  const result = { queue, at: new Date(clock.now()).toISOString(), letters, hidden, chosen };
  if (dryRun || chosen === 0) return result;

  showPlan(context, formatLetters(result));
  const message = `Put ${formatCount(chosen)} of ${formatCount(letters.length)} back on the queue ${queue}?`;
  await askConsent(context, message, 'cancelled: nothing was put back.');
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

function format(result: RedriveResult, style: Style): string {
  const { letters, hidden, chosen, report, queue } = result;
  if (letters.length === 0 && hidden > 0) return `${style.red('✖')} ${formatHidden(result)}`;
  if (letters.length === 0) return `${style.green('✔')} The dead-letter queue is empty.`;
  if (chosen === 0)
    return `${formatLetters(result)}\n\nNone of them is of these partitions: nothing was put back.`;
  if (report === undefined) return `${formatLetters(result)}\n\nA dry run: nothing was put back.`;
  const { moved, left, undeleted } = report;
  return [
    `${left + undeleted > 0 ? style.red('✖') : style.green('✔')} Back on the queue ${queue}: ${formatNumberOf(moved, 'message')}.`,
    ...(left > 0 ? [`${formatCount(left)} could not be moved: run it again.`] : []),
    ...(undeleted > 0
      ? [
          `${formatCount(undeleted)} of them could not be deleted from the dead-letter queue: another redrive sends them once more, which does no harm.`,
        ]
      : []),
  ].join(' ');
}

function formatLetters(result: RedriveResult): string {
  const { letters, hidden, at } = result;
  const rows = letters
    .slice(0, LISTED)
    .map(({ partition, reason, since }) => [
      partition ? partitionName(partition) : '(unreadable)',
      formatDuration((Date.parse(at) - Date.parse(since)) / 1_000),
      reason ?? 'the worker crashed or ran out of time or memory: its log has more',
    ]);
  const table = formatTable(
    [{ title: 'partition' }, { title: 'age', align: 'right' }, { title: 'reason' }],
    rows,
  );
  const more = letters.length - rows.length;
  return [
    table,
    ...(more > 0 ? [`… and ${formatCount(more)} more; --json has all of them.`] : []),
    ...(hidden > 0 ? [formatHidden(result)] : []),
  ].join('\n');
}

function formatHidden({ letters, hidden }: RedriveResult): string {
  const number = letters.length > 0 ? `${formatCount(hidden)} more` : formatNumberOf(hidden, 'message');
  return `Hidden by another look, which goes on or was cut off: ${number}. Run it again in a minute.`;
}
