import { type DeadLetter, isUnreadable, NO_REASON } from '../app/dead-letters.ts';
import type { RedriveReport } from '../app/redrive.ts';
import { partitionName } from '../partition.ts';
import { formatCount, formatNumberOf, quote, toOneLine } from '../text.ts';
import { formatDuration, formatTable } from './format.ts';
import type { Style } from './output.ts';

/** The result of `tdd redrive`. */
export interface RedriveResult {
  readonly queue: string;
  /** ISO instant. */
  readonly at: string;
  readonly letters: readonly DeadLetter[];
  /** The approximate number of messages that are invisible because another command has received them. */
  readonly hidden: number;
  /** The number of dead letters to return to the queue, or to delete. */
  readonly chosen: number;
  /** Absent when nothing was returned or deleted. */
  readonly report?: RedriveReport;
}

const LISTED = 40;

/** Formats the outcome of a redrive, or the list of dead letters after a dry run. */
export function formatRedrive(result: RedriveResult, style: Style): string {
  const { letters, hidden, chosen, report, queue } = result;
  if (letters.length === 0 && hidden > 0) return `${style.red('✖')} ${formatHidden(result)}`;
  if (letters.length === 0)
    return `${style.green('✔')} The dead-letter queue is empty: there is nothing to return.`;
  if (chosen === 0) {
    return `${formatLetters(result, style)}\n\nNo worker can read these messages: nothing was returned.`;
  }
  if (report === undefined) return `${formatLetters(result, style)}\n\nDry run: nothing was changed.`;
  if (report.discarded !== undefined) return formatDiscarded(result, report, style);
  const { moved, left, undeleted } = report;
  return [
    `${left + undeleted > 0 ? style.red('✖') : style.green('✔')} Returned ${formatNumberOf(moved, 'message')} to the queue ${queue}.`,
    ...(left > 0
      ? [`  SQS did not accept ${formatNumberOf(left, 'message')}: run "tdd redrive" again.`]
      : []),
    ...(undeleted > 0
      ? [
          `  SQS did not delete ${formatNumberOf(undeleted, 'message')} from the dead-letter queue: the next redrive sends them a second time, which is safe.`,
        ]
      : []),
    ...formatUnreadable(letters),
    `Next: ${style.command('tdd status --watch')} shows the progress of the fleet.`,
  ].join('\n');
}

/** How many of the chosen messages were neither moved nor deleted. */
export function countLeft({ discarded, left, undeleted }: RedriveReport, chosen: number): number {
  return discarded === undefined ? left + undeleted : Math.max(0, chosen - discarded);
}

function formatDiscarded({ letters, chosen }: RedriveResult, report: RedriveReport, style: Style): string {
  const { discarded = 0 } = report;
  const left = countLeft(report, chosen);
  return [
    `${left > 0 ? style.red('✖') : style.green('✔')} Deleted ${formatNumberOf(discarded, 'message')} from the dead-letter queue.`,
    ...(left > 0
      ? [
          `  ${formatNumberOf(left, 'message')} could not be deleted: run "tdd redrive --discard" again in a minute.`,
        ]
      : []),
    ...(letters.every(isUnreadable)
      ? []
      : [`Next: ${style.command('tdd launch --only-missing')} sends partitions that are not complete.`]),
  ].join('\n');
}

/** Formats the oldest dead letters with their reasons. @param options.toDiscard lists all of them, which are to be deleted. */
export function formatLetters(result: RedriveResult, style: Style, { toDiscard = false } = {}): string {
  const { letters, hidden, at } = result;
  const rows = letters
    .slice(0, toDiscard ? letters.length : LISTED)
    .map((letter) => [
      letter.partition ? toOneLine(partitionName(letter.partition)) : '(unreadable)',
      formatDuration((Date.parse(at) - Date.parse(letter.since)) / 1_000),
      formatReason(letter),
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
    ...(toDiscard ? [] : formatUnreadable(letters)),
  ].join('\n');
}

function formatReason({ id, reason, excerpt }: DeadLetter): string {
  const why = toOneLine(reason ?? NO_REASON);
  if (excerpt === undefined) return why;
  const body = quote(excerpt, 80);
  return `${why}${why.includes(body) ? '' : ` Body: ${body}.`} Message ID: ${toOneLine(id)}`;
}

function formatUnreadable(letters: readonly DeadLetter[]): string[] {
  const unreadable = letters.filter(isUnreadable).length;
  if (unreadable === 0) return [];
  const [stay, them] = unreadable === 1 ? ['stays', 'it'] : ['stay', 'them'];
  return [
    `${formatNumberOf(unreadable, 'unreadable message')} ${stay} in the dead-letter queue: correct the program that sent ${them}, and delete ${them} with "tdd redrive --discard".`,
  ];
}

function formatHidden({ letters, hidden }: RedriveResult): string {
  const number = formatNumberOf(hidden, 'message');
  const others = letters.length > 0 ? number.replace(' ', ' more ') : number;
  return `Another command is reading ${others}, or was interrupted while reading: run "tdd redrive" again in a minute.`;
}
