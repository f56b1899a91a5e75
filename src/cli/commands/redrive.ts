import type { DeadLetter } from '../../app/dead-letters.ts';
import type { RedriveReport } from '../../app/redrive.ts';
import { CancelledError, UsageError } from '../../errors.ts';
import { type Partition, parseInitial, parseYear, partitionName } from '../../partition.ts';
import { defineCommand, type Flags } from '../command.ts';
import type { CommandContext } from '../context.ts';
import { formatCount, formatNumberOf } from '../format-launch.ts';
import { type OpenFleetInput, openFleet, readFleetInput } from '../open-fleet.ts';
import type { Style } from '../output.ts';
import { createProgress } from '../progress.ts';
import { formatDuration } from '../progress-line.ts';
import { formatTable } from '../table.ts';

/** What `tdd redrive` was told. */
export interface RedriveInput extends OpenFleetInput {
  /** List and change nothing. */
  readonly dryRun: boolean;
  /** Put back these only. */
  readonly only: readonly Partition[] | undefined;
}

/** What `tdd redrive` found and did. */
export interface RedriveResult {
  readonly queue: string;
  /** ISO instant. */
  readonly at: string;
  readonly letters: readonly DeadLetter[];
  /** About how many another look hides for now. */
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
  settings: ['bucketName', 'lambdaName', 'queueName'],
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
  const dryRun = flags.dryRun === true;
  if (!dryRun && !context.yes && !context.prompter.isInteractive) {
    throw new UsageError(
      'There is no terminal to ask on: give --yes to put them back, or --dry-run to list them.',
    );
  }
  const only = Array.isArray(flags.partition)
    ? flags.partition.map((text) => parsePartition(String(text)))
    : undefined;
  return { ...(await readFleetInput(context)), dryRun, only };
}

function parsePartition(text: string): Partition {
  const [year, initial, ...rest] = text.split('/');
  if (rest.length === 0 && initial !== undefined)
    return { year: parseYear(year), initial: parseInitial(initial) };
  throw new UsageError(`"${text}" is no partition: give its year and initial, such as 2004/AD.`);
}

async function run(
  context: CommandContext,
  { settings, dryRun, only }: RedriveInput,
): Promise<RedriveResult> {
  const { clock, signal, yes, io, output, secrets, prompter } = context;
  const fleet = await openFleet(context, settings, { announce: !dryRun });
  const { listDeadLetters } = await import('../../app/dead-letters.ts');
  const { redrive: putBack } = await import('../../app/redrive.ts');
  const { letters, hidden } = await listDeadLetters({ ...fleet, clock }, { signal });
  const names = only && new Set(only.map(partitionName));
  const isNamed = ({ partition }: { readonly partition?: Partition }) =>
    names === undefined || (partition !== undefined && names.has(partitionName(partition)));
  // By their ids: what cannot succeed is a dead letter again at once, as another message, and would never end.
  const ids = new Set(letters.filter(isNamed).map(({ id }) => id));
  const chosen = ids.size;
  const result = {
    queue: fleet.queue.name,
    at: new Date(clock.now()).toISOString(),
    letters,
    hidden,
    chosen,
  };
  if (dryRun || chosen === 0) return result;

  if (!output.quiet || !yes) io.stderr.write(secrets.redact(`\n${formatLetters(result)}\n\n`));
  if (!yes) {
    const message = `Put ${formatCount(chosen)} of ${formatCount(letters.length)} back on the queue ${fleet.queue.name}?`;
    if (!(await prompter.confirm({ message }))) throw new CancelledError('cancelled: nothing was put back.');
    signal.throwIfAborted();
  }
  const bar = createProgress(context, 'messages');
  try {
    const report = await putBack(
      { ...fleet, clock },
      {
        choose: ({ id }) => ids.has(id),
        isAll: names === undefined,
        signal,
        onProgress: (moved) => bar.update({ done: moved, total: Math.max(moved, chosen), fields: [] }),
      },
    );
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

function collect(value: string, earlier: readonly string[] = []): string[] {
  return [...earlier, value];
}
