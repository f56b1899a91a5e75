import type { LaunchReport } from '../app/send-launch.ts';
import type { FleetBudget, FleetEstimate } from '../fleet/estimate.ts';
import type { FleetFilters } from '../fleet/filters.ts';
import type { FleetPlan, PlannedPartition, SizeBar } from '../fleet/plan.ts';
import { partitionName } from '../partition.ts';
import { formatCount, formatNumberOf, quote, toOneLine } from '../text.ts';
import { formatDollars, formatDuration, formatTable, indent, indented } from './format.ts';
import type { Style } from './output.ts';

/** The result of `tdd launch`. */
export interface LaunchResult {
  readonly lake: string;
  readonly queue: string;
  readonly snapshot: string;
  readonly filters: FleetFilters;
  /** Titles downloaded before this are downloaded again. */
  readonly redoBefore?: string;
  readonly budget: FleetBudget;
  readonly movies: number;
  /** Movies that the lake does not have yet. */
  readonly moviesToAsk: number;
  /** Partitions that are complete and only lack their parts. */
  readonly partsOnly: number;
  readonly estimate: FleetEstimate;
  readonly sizes: readonly SizeBar[];
  readonly largest: readonly PlannedPartition[];
  readonly withoutYear: FleetPlan['withoutYear'];
  /** Invalid rows in IMDb's list, whose titles are skipped. */
  readonly badRows: number;
  /** The first of them. */
  readonly firstBadRow?: FleetPlan['firstBadRow'];
  /** How many partitions the list has in the years and with the initial of the filters. */
  readonly inRange: number;
  readonly notes: readonly string[];
  /** In sending order. */
  readonly partitions: readonly PlannedPartition[];
  /** Absent after a dry run, or when there was nothing to send. */
  readonly report?: LaunchReport;
}

const BAR_LENGTH = 40;
/** The width of a line of the histogram without its bar. */
const BAR_MARGIN = 24;
const LONGEST_TITLE = 40;
const NAMED_WITHOUT_YEAR = 3;

/** Formats the plan of a launch: requests, time, cost, partition sizes and notes. */
export function formatLaunchPlan(result: LaunchResult, style: Style): string {
  const { notes } = result;
  return [
    formatForecast(result, style),
    '',
    'Partitions by number of movies',
    ...formatHistogram(result, style),
    '',
    'Largest partitions',
    indent(
      formatTable(
        [{ title: 'partition' }, { title: 'movies', align: 'right' }],
        result.largest.map((partition) => [partitionName(partition), formatCount(partition.titles)]),
        indented(style),
      ),
    ),
    ...formatSkipped(result),
    '',
    ...(result.moviesToAsk === 0 && result.partsOnly < result.partitions.length
      ? [
          `${style.yellow('note:')} These partitions already have as many titles as IMDb's list. Workers check for new titles and download them.`,
        ]
      : []),
    ...notes.map((note) => `${style.yellow('note:')} ${toOneLine(note, 1_000)}`),
    ...TERMS.map((line) => style.dim(line)),
  ].join('\n');
}

function formatForecast(result: LaunchResult, style: Style): string {
  const { filters, snapshot, partitions, estimate, budget } = result;
  const { basis, dollars } = estimate;
  const existing = result.movies - result.moviesToAsk;
  const source =
    basis.learntFrom > 0
      ? `measured on ${formatNumberOf(basis.learntFrom, 'movie')} in this lake`
      : 'assuming that TMDB lacks one movie in five';
  const bound = {
    rate: '',
    connections: '; limited by the connections of each worker',
    partitions: '; limited by partitions that are too few or too unequal to keep every worker busy',
    documents: '; limited by the documents that workers read from the lake to write parts',
  }[estimate.boundBy];
  const { s3, lambda, sqs } = dollars;
  const shares =
    dollars.total < 0.01
      ? ''
      : `S3 ${formatDollars(s3)}, Lambda ${formatDollars(lambda)}, SQS ${formatDollars(sqs)}; `;
  const pace = `at ${budget.requestsPerSecond} requests/s with ${formatNumberOf(budget.workers, 'worker')}${bound}`;
  const rows: [string, string, string][] = [
    [
      'partitions',
      formatCount(partitions.length),
      `IMDb's list of ${snapshot}, ${filters.minYear === filters.maxYear ? 'year' : 'years'} ${yearsOf(filters)}`,
    ],
    ...(result.partsOnly > 0 ? [partsRow(result)] : []),
    [
      'movies',
      formatCount(result.movies),
      existing > 0 ? `${formatCount(existing)} already in the lake` : '',
    ],
    [
      'TMDB requests',
      formatCount(estimate.requests),
      `${basis.requestsPerMovie.toFixed(2)} per movie, ${source}`,
    ],
    [
      'time',
      estimate.seconds < 1 ? '< 1 s' : formatDuration(estimate.seconds),
      estimate.requests === 0 ? readingOf(estimate) : pace,
    ],
    ['cost', formatDollars(dollars.total), `${shares}list prices ${formatPriceDate(dollars.pricesOf)}`],
  ];
  return formatTable(
    [{}, { align: 'right' }, { wraps: true }],
    rows.map(([name, value, note]) => [name, style.bold(value), style.dim(note)]),
    style,
  );
}

function partsRow({ partsOnly }: LaunchResult): [string, string, string] {
  const note = 'complete: workers only write their parts, usually without requests to TMDB';
  return ['parts only', formatCount(partsOnly), note];
}

function readingOf({ documentsToRead }: FleetEstimate): string {
  const manifests = 'to read each manifest';
  return documentsToRead === 0
    ? manifests
    : `${manifests} and ${formatNumberOf(documentsToRead, 'document')}`;
}

const TERMS = [
  "TMDB's terms: show its notice and logo; non-commercial use only; no copies older than six months; no machine learning.",
  "IMDb's terms: personal and non-commercial use only.",
];

/** Formats `us-east-1, 2026-06` as `for us-east-1 as of June 2026`. */
function formatPriceDate(pricesOf: string): string {
  const [region = '', month = ''] = pricesOf.split(', ');
  const options = { month: 'long', year: 'numeric', timeZone: 'UTC' } as const;
  return `for ${region} as of ${new Date(month).toLocaleDateString('en-US', options)}`;
}

/** Formats the outcome of a launch. */
export function formatLaunch(result: LaunchResult, style: Style): string {
  const { report, queue } = result;
  if (report === undefined && result.partitions.length === 0)
    return `${whyNothing(result)} Nothing was sent.`;
  if (report === undefined) return `${formatLaunchPlan(result, style)}\n\nDry run: nothing was sent.`;
  const { sent, sentBefore, rejected, rejections, run } = report;
  const before = sentBefore > 0 ? ` (${formatCount(sentBefore)} of them before the interruption)` : '';
  return [
    `${rejected > 0 ? style.red('✖') : style.green('✔')} Sent ${formatNumberOf(sent, 'partition')}${before} to the queue ${queue} as run ${run}.`,
    ...rejections.map(
      ({ partition, reason }) =>
        `  ${style.red('✖')} SQS rejected ${partitionName(partition)}: ${toOneLine(reason)}`,
    ),
    '',
    `Next: ${style.command('tdd status --watch')} shows the progress of the fleet.`,
  ].join('\n');
}

/** Says why a launch has nothing to send, in one sentence or two. */
function whyNothing({ filters, snapshot, inRange }: LaunchResult): string {
  const { onlyMissing, failed, olderThanMs, initial } = filters;
  const range = `for ${yearsOf(filters)}${initial === undefined ? '' : ` with the initial ${initial}`}`;
  if (inRange === 0) return `IMDb's list of ${snapshot} has no partition ${range}.`;
  const partitions = formatNumberOf(inRange, 'partition');
  if (onlyMissing || (!failed && olderThanMs === undefined)) {
    return `Nothing is missing: ${partitions} ${range} ${inRange === 1 ? 'has a complete manifest' : 'have complete manifests'} and parts. To download titles again, use --older-than.`;
  }
  const states = [
    ...(failed ? ['failed titles or missing reviews'] : []),
    ...(olderThanMs === undefined ? [] : ['titles downloaded before the given age']),
  ];
  return `No partition has ${states.join(' or ')}: checked ${partitions} ${range}.`;
}

function yearsOf({ minYear, maxYear }: FleetFilters): string {
  return minYear === maxYear ? `${minYear}` : `${minYear}–${maxYear}`;
}

function formatHistogram({ sizes }: LaunchResult, style: Style): string[] {
  const most = Math.max(1, ...sizes.map(({ partitions }) => partitions));
  const longest = Math.min(BAR_LENGTH, style.columns - BAR_MARGIN);
  return sizes.map(({ from, to, partitions }) => {
    const range = to === undefined ? `over ${from - 1}` : from === to ? `${from}` : `${from}–${to}`;
    const bar = '█'.repeat(Math.max(0, Math.ceil((partitions / most) * longest)));
    return `  ${range.padStart(11)}  ${style.cyan(bar)} ${formatCount(partitions)}`;
  });
}

function formatSkipped({ withoutYear: { count, titles }, badRows, firstBadRow }: LaunchResult): string[] {
  const lines: string[] = [];
  if (count > 0) {
    const some = titles
      .slice(0, NAMED_WITHOUT_YEAR)
      .map(({ imdbId, title }) => `${imdbId} "${toOneLine(title, LONGEST_TITLE)}"`);
    const more = count > some.length ? ', …' : '';
    lines.push(
      `Skipped: ${formatNumberOf(count, 'movie')} without a year, and therefore without a partition (${some.join(', ')}${more}).`,
    );
  }
  if (badRows > 0) lines.push(`Skipped: ${formatBadRows(badRows, firstBadRow)}.`);
  return lines.length > 0 ? ['', ...lines] : [];
}

/** Formats the number of invalid rows, and the first as an example. */
export function formatBadRows(count: number, first: LaunchResult['firstBadRow']): string {
  const rows = `${formatNumberOf(count, 'invalid row')} in IMDb's list`;
  if (first === undefined) return rows;
  const { line, problem, text } = first;
  return `${rows} (${count === 1 ? '' : 'the first is '}line ${line}, which ${toOneLine(problem)}: ${quote(text)})`;
}
