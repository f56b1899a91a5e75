import type { DeadLetter } from '../../app/dead-letters.ts';
import { planRedrive, redrive as putBack, type RedriveReport } from '../../app/redrive.ts';
import { InvalidValueError, namingSource } from '../../errors.ts';
import { type Partition, parseInitial, parseYear, partitionName } from '../../partition.ts';
import { formatCount, formatNumberOf, quote, toOneLine } from '../../text.ts';
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
  /** Put back only these. */
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
  /** How many of them to put back. */
  readonly chosen: number;
  /** Absent when nothing was put back. */
  readonly report?: RedriveReport;
}

const LISTED = 40;

/** `tdd redrive`: lists the dead letters and puts them back on the queue. */
export const redrive = defineCommand<RedriveInput, RedriveResult>({
  description:
    'Lists the messages in the dead-letter queue with the reasons why the workers gave up, asks, and puts them back ' +
    'on the queue. Fix the reported causes first.',
  settings: FLEET_SETTINGS,
  declare: (command) =>
    command
      .option('--partition <YEAR/II>', 'put back only this partition; can be repeated', collect)
      .option('--dry-run', 'list the messages and change nothing'),
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
  const { clock, signal, output } = context;
  const fleet = await openCommandFleet(context, { settings }, { announce: !dryRun });
  const plan = await planRedrive(fleet, { only, signal });
  const { letters, hidden } = plan;
  const chosen = plan.chosen.size;
  const queue = fleet.queue.name;
  const result = { queue, at: new Date(clock.now()).toISOString(), letters, hidden, chosen };
  if (dryRun || chosen === 0) return result;

  showPlan(context, formatLetters(result, output.style));
  const which =
    chosen === letters.length
      ? formatNumberOf(chosen, 'message')
      : `${formatCount(chosen)} of ${formatNumberOf(letters.length, 'message')}`;
  const message = `Put ${which} back on the queue ${queue}?`;
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
  if (letters.length === 0)
    return `${style.green('✔')} The dead-letter queue is empty: there is nothing to put back.`;
  if (chosen === 0) {
    return `${formatLetters(result, style)}\n\nNo message is of these partitions: nothing was put back.`;
  }
  if (report === undefined) return `${formatLetters(result, style)}\n\nDry run: nothing was put back.`;
  const { moved, left, undeleted } = report;
  return [
    `${left + undeleted > 0 ? style.red('✖') : style.green('✔')} Put ${formatNumberOf(moved, 'message')} back on the queue ${queue}.`,
    ...(left > 0
      ? [`  SQS did not accept ${formatNumberOf(left, 'message')}: run "tdd redrive" again.`]
      : []),
    ...(undeleted > 0
      ? [
          `  SQS did not delete ${formatNumberOf(undeleted, 'message')} from the dead-letter queue: the next redrive sends them a second time, which is safe.`,
        ]
      : []),
    `Next: ${style.bold('tdd status --watch')} shows the progress of the fleet.`,
  ].join('\n');
}

function formatLetters(result: RedriveResult, style: Style): string {
  const { letters, hidden, at } = result;
  const rows = letters
    .slice(0, LISTED)
    .map(({ partition, reason, since }) => [
      partition ? toOneLine(partitionName(partition)) : '(unreadable)',
      formatDuration((Date.parse(at) - Date.parse(since)) / 1_000),
      reason === undefined
        ? 'the worker crashed or ran out of time or memory: see its log'
        : toOneLine(reason),
    ]);
  const table = formatTable(
    [{ title: 'partition' }, { title: 'age', align: 'right' }, { title: 'reason', wraps: true }],
    rows,
    style,
  );
  const more = letters.length - rows.length;
  return [
    table,
    ...(more > 0 ? [`… and ${formatCount(more)} more; --json lists all of them.`] : []),
    ...(hidden > 0 ? [formatHidden(result)] : []),
  ].join('\n');
}

function formatHidden({ letters, hidden }: RedriveResult): string {
  const number = formatNumberOf(hidden, 'message');
  const others = letters.length > 0 ? number.replace(' ', ' more ') : number;
  return `Another command is reading ${others}, or was interrupted: run this again in a minute.`;
}
