import type { LaunchReport } from '../app/send-launch.ts';
import type { FleetBudget, FleetEstimate } from '../fleet/estimate.ts';
import type { FleetFilters } from '../fleet/filters.ts';
import type { FleetPlan, PlannedPartition, SizeBar } from '../fleet/plan.ts';
import { partitionName } from '../partition.ts';
import { formatCount, formatNumberOf, shorten } from '../text.ts';
import { formatDuration, formatTable } from './format.ts';
import type { Style } from './output.ts';

/** The result of `tdd launch`. */
export interface LaunchResult {
  readonly lake: string;
  readonly queue: string;
  readonly snapshot: string;
  readonly filters: FleetFilters;
  /** What was fetched earlier is fetched again. */
  readonly redoBefore?: string;
  readonly budget: FleetBudget;
  readonly movies: number;
  /** Movies that the lake lacks. */
  readonly moviesToAsk: number;
  readonly estimate: FleetEstimate;
  readonly sizes: readonly SizeBar[];
  readonly largest: readonly PlannedPartition[];
  readonly withoutYear: FleetPlan['withoutYear'];
  /** Rows of IMDb's list that are broken, so that their titles are left out. */
  readonly badRows: number;
  readonly notes: readonly string[];
  /** In the order of sending. */
  readonly partitions: readonly PlannedPartition[];
  /** Absent after a dry run, or when there was nothing to send. */
  readonly report?: LaunchReport;
}

const BAR_LENGTH = 40;
const LONGEST_TITLE = 40;
const NAMED_WITHOUT_YEAR = 3;

/** What a launch will do: figures, sizes, the largest partitions, and what one should know. */
export function formatLaunchPlan(result: LaunchResult, style: Style): string {
  const { filters, snapshot, partitions, estimate, budget, notes } = result;
  const { basis, dollars } = estimate;
  const years =
    filters.minYear === filters.maxYear ? filters.minYear : `${filters.minYear}–${filters.maxYear}`;
  const already = result.movies - result.moviesToAsk;
  const learnt =
    basis.learntFrom > 0
      ? `as ${formatCount(basis.learntFrom)} movies of this lake took`
      : 'assumed: TMDB lacks one movie in five';
  const bound = {
    rate: '',
    connections: '; bound by the connections of a worker',
    partitions: '; too few or too unequal partitions to keep every worker busy',
  }[estimate.boundBy];
  const rows: [string, string, string][] = [
    ['partitions', formatCount(partitions.length), `IMDb's list of ${snapshot}, years ${years}`],
    [
      'movies',
      formatCount(result.movies),
      already > 0 ? `${formatCount(already)} of them are in the lake already` : '',
    ],
    [
      'TMDB requests',
      formatCount(estimate.requests),
      `${basis.requestsPerMovie.toFixed(2)} a movie, ${learnt}`,
    ],
    [
      'time',
      formatDuration(estimate.seconds),
      `at ${budget.requestsPerSecond} requests/s, ${budget.workers} workers${bound}`,
    ],
    [
      'cost',
      `$${dollars.total.toFixed(2)}`,
      `S3 ${dollars.s3.toFixed(2)}, Lambda ${dollars.lambda.toFixed(2)}, SQS ${dollars.sqs.toFixed(2)} (list prices ${dollars.pricesOf})`,
    ],
  ];
  return [
    ...rows.map(([name, value, note]) =>
      `${name.padEnd(14)} ${style.bold(value.padStart(10))}  ${style.dim(note)}`.trimEnd(),
    ),
    '',
    'Partitions by movies',
    ...formatHistogram(result, style),
    '',
    'The largest',
    indent(
      formatTable(
        [{ title: 'partition' }, { title: 'movies', align: 'right' }],
        result.largest.map((partition) => [partitionName(partition), formatCount(partition.titles)]),
      ),
    ),
    ...formatLeftOut(result),
    '',
    ...notes.map((note) => `${style.yellow('note:')} ${note}`),
    ...TERMS.map((line) => style.dim(line)),
  ].join('\n');
}

const TERMS = [
  "TMDB's terms: show its notice and logo, non-commercial use only, keep no copy longer than six months, no machine learning.",
  "IMDb's terms: its data is for personal and non-commercial use only.",
];

/** What a launch has done. */
export function formatLaunch(result: LaunchResult, style: Style): string {
  const { report, queue } = result;
  if (report === undefined && result.partitions.length === 0)
    return 'Nothing fits these filters: nothing was sent.';
  if (report === undefined) return `${formatLaunchPlan(result, style)}\n\nA dry run: nothing was sent.`;
  const { sent, sentBefore, rejected, rejections, run } = report;
  const before = sentBefore > 0 ? `, ${formatCount(sentBefore)} of them by an earlier try` : '';
  return [
    `${rejected > 0 ? style.red('✖') : style.green('✔')} On the queue ${queue}: ${formatNumberOf(sent, 'partition')}${before}. Run ${run}.`,
    ...rejections.map(
      ({ partition, reason }) => `  ${style.red('✖')} ${partitionName(partition)} was refused: ${reason}`,
    ),
    '',
    `Next: ${style.bold('tdd status --watch')} shows how far the fleet is.`,
  ].join('\n');
}

function formatHistogram({ sizes }: LaunchResult, style: Style): string[] {
  const most = Math.max(1, ...sizes.map(({ partitions }) => partitions));
  return sizes.map(({ from, to, partitions }) => {
    const range = to === undefined ? `over ${from - 1}` : from === to ? `${from}` : `${from}–${to}`;
    const bar = '█'.repeat(Math.ceil((partitions / most) * BAR_LENGTH));
    return `  ${range.padStart(11)}  ${style.cyan(bar)} ${formatCount(partitions)}`;
  });
}

function formatLeftOut({ withoutYear: { count, titles }, badRows }: LaunchResult): string[] {
  const lines: string[] = [];
  if (count > 0) {
    const some = titles
      .slice(0, NAMED_WITHOUT_YEAR)
      .map(({ imdbId, title }) => `${imdbId} "${shorten(title, LONGEST_TITLE)}"`);
    const more = count > some.length ? ' …' : '';
    lines.push(
      `Movies without a year have no partition and are left out: ${formatCount(count)} (${some.join(', ')}${more}).`,
    );
  }
  if (badRows > 0) lines.push(`Broken rows of IMDb's list are left out: ${formatCount(badRows)}.`);
  return lines.length > 0 ? ['', ...lines] : [];
}

function indent(text: string): string {
  return text.replaceAll(/^/gm, '  ');
}
