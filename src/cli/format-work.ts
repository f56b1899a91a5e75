import type { DownloadEstimate } from '../fleet/estimate.ts';
import type { FleetFilters } from '../fleet/filters.ts';
import { type FleetPlan, type PlannedPartition, type SizeBar, sizeHistogram } from '../fleet/plan.ts';
import { partitionName } from '../partition.ts';
import { formatCount, formatNumberOf, quote, toOneLine } from '../text.ts';
import { formatTable, formatTotalDuration, indent, indented } from './format.ts';
import type { Style } from './output.ts';

/** What the plans of a launch and of a local download have in common. */
export interface PlannedWork {
  readonly snapshot: string;
  readonly filters: FleetFilters;
  /** Titles downloaded before this are downloaded again. */
  readonly redoBefore?: string;
  readonly movies: number;
  /** Movies that the lake does not have yet. */
  readonly moviesToAsk: number;
  readonly sizes: readonly SizeBar[];
  readonly largest: readonly PlannedPartition[];
  readonly withoutYear: FleetPlan['withoutYear'];
  /** Invalid rows in IMDb's list, whose titles are skipped. */
  readonly badRows: number;
  /** The first of them. */
  readonly firstBadRow?: FleetPlan['firstBadRow'];
  /** How many partitions the list has in the years and with the initial of the filters. */
  readonly inRange: number;
}

const LARGEST = 10;
const BAR_LENGTH = 40;
/** The width of a line of the histogram without its bar. */
const BAR_MARGIN = 24;
const LONGEST_TITLE = 40;
const NAMED_WITHOUT_YEAR = 3;

/** @param partitions those to work on: a resumed launch has fewer than its plan. */
export function describeWork(
  plan: FleetPlan,
  partitions: readonly PlannedPartition[],
  { snapshot, redoBefore }: Pick<FleetPlan, 'snapshot' | 'redoBefore'> = plan,
): PlannedWork {
  return {
    snapshot,
    filters: plan.filters,
    ...(redoBefore !== undefined && { redoBefore }),
    movies: partitions.reduce((sum, { titles }) => sum + titles, 0),
    moviesToAsk: partitions.reduce((sum, { left }) => sum + left, 0),
    sizes: sizeHistogram(partitions),
    largest: [...partitions].sort((a, b) => b.titles - a.titles).slice(0, LARGEST),
    withoutYear: plan.withoutYear,
    badRows: plan.badRows,
    ...(plan.firstBadRow && { firstBadRow: plan.firstBadRow }),
    inRange: plan.inRange,
  };
}

/** What the plan of a launch or of a local download says in its own words. */
interface WorkWords {
  /** How many partitions there are to work on. */
  readonly partitions: number;
  readonly partsOnly: number;
  readonly estimate: DownloadEstimate;
  readonly notes: readonly string[];
  /** What happens to partitions that only lack their parts. */
  readonly writesParts: string;
  /** The rate, and who keeps to it. */
  readonly pace: string;
  /** Rows of the forecast. */
  readonly morePartitions?: readonly ForecastRow[];
  readonly cost: readonly ForecastRow[];
  /** Movies of the last partition that are neither in the lake nor downloaded; given with a limit of titles. */
  readonly beyondLimit?: number;
}

/** A name, a value and a note. */
type ForecastRow = readonly [name: string, value: string, note: string];

/** Formats a plan: requests, time, cost, partition sizes, what is skipped, and notes. */
export function formatWork(work: PlannedWork, words: WorkWords, style: Style): string {
  return [
    formatForecast(work, words, style),
    '',
    'Partitions by number of movies',
    ...formatHistogram(work, style),
    '',
    'Largest partitions',
    indent(
      formatTable(
        [{ title: 'partition' }, { title: 'movies', align: 'right' }],
        work.largest.map((partition) => [partitionName(partition), formatCount(partition.titles)]),
        indented(style),
      ),
    ),
    ...formatSkipped(work),
    '',
    ...words.notes.map((note) => `${style.yellow('note:')} ${toOneLine(note, 1_000)}`),
    ...TERMS.map((line) => style.dim(line)),
  ].join('\n');
}

function formatForecast(work: PlannedWork, words: WorkWords, style: Style): string {
  const { filters, snapshot, movies } = work;
  const { estimate, partsOnly } = words;
  const { basis } = estimate;
  const source =
    basis.learntFrom > 0
      ? `measured on ${formatNumberOf(basis.learntFrom, 'movie')} in this lake`
      : 'assuming that TMDB lacks one movie in five';
  const years = `${filters.minYear === filters.maxYear ? 'only the year' : 'years'} ${yearsOf(filters)}`;
  const rows: ForecastRow[] = [
    ['partitions', formatCount(words.partitions), `IMDb's list of ${snapshot}, ${years}`],
    ...(words.morePartitions ?? []),
    ...(partsOnly > 0
      ? [['parts only', formatCount(partsOnly), `complete: ${words.writesParts}`] as const]
      : []),
    ['movies', formatCount(movies), describeMovies(work, words)],
    [
      'TMDB requests',
      formatCount(estimate.requests),
      estimate.requests === 0 ? '' : `${basis.requestsPerMovie.toFixed(2)} per movie, ${source}`,
    ],
    [
      'time',
      formatTotalDuration(estimate.seconds),
      estimate.requests === 0 ? readingOf(estimate) : words.pace,
    ],
    ...words.cost,
  ];
  return formatTable(
    [{}, { align: 'right' }, { wraps: true }],
    rows.map(([name, value, note]) => [name, style.bold(value), style.dim(note)]),
    style,
  );
}

function describeMovies({ movies, moviesToAsk }: PlannedWork, { beyondLimit }: WorkWords): string {
  const existing = movies - moviesToAsk - (beyondLimit ?? 0);
  return [
    ...(existing > 0 ? [`${formatCount(existing)} already in the lake`] : []),
    ...(beyondLimit === undefined ? [] : [`${formatCount(moviesToAsk)} to download`]),
    ...(beyondLimit ? [`${formatCount(beyondLimit)} beyond the limit`] : []),
  ].join(', ');
}

function readingOf({ documentsToRead }: DownloadEstimate): string {
  const manifests = 'to read each manifest';
  return documentsToRead === 0
    ? manifests
    : `${manifests} and ${formatNumberOf(documentsToRead, 'document')}`;
}

const TERMS = [
  "TMDB's terms: show its notice and logo; non-commercial use only; no copies older than six months; no machine learning.",
  "IMDb's terms: personal and non-commercial use only.",
];

/** Formats what the cost depends on: what it adds up from, the reviews per movie, and the prices. @param parts may be empty. */
export function formatCostBasis(
  { requests, basis }: DownloadEstimate,
  parts: string,
  pricesOf: string,
): string {
  const { learntFrom, reviewsPerMovie } = basis;
  const reviews = `${learntFrom > 0 ? '' : 'assuming '}${reviewsPerMovie.toFixed(2)} reviews per movie`;
  return [parts, requests > 0 ? reviews : '', formatPriceDate(pricesOf)]
    .filter((text) => text !== '')
    .join('; ');
}

/** Formats the region and month of prices: `us-east-1, 2026-06` as `list prices for us-east-1 as of June 2026`. */
function formatPriceDate(pricesOf: string): string {
  const [region = '', month = ''] = pricesOf.split(', ');
  const options = { month: 'long', year: 'numeric', timeZone: 'UTC' } as const;
  return `list prices for ${region} as of ${new Date(month).toLocaleDateString('en-US', options)}`;
}

/** Says why filters leave nothing to do, in one sentence or two. */
export function whyNothing({
  filters,
  snapshot,
  inRange,
}: Pick<PlannedWork, 'filters' | 'snapshot' | 'inRange'>): string {
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

function formatHistogram({ sizes }: PlannedWork, style: Style): string[] {
  const most = Math.max(1, ...sizes.map(({ partitions }) => partitions));
  const longest = Math.min(BAR_LENGTH, style.columns - BAR_MARGIN);
  return sizes.map(({ from, to, partitions }) => {
    const range = to === undefined ? `over ${from - 1}` : from === to ? `${from}` : `${from}–${to}`;
    const bar = '█'.repeat(Math.max(0, Math.ceil((partitions / most) * longest)));
    return `  ${range.padStart(11)}  ${style.cyan(bar)} ${formatCount(partitions)}`;
  });
}

function formatSkipped({ withoutYear: { count, titles }, badRows, firstBadRow }: PlannedWork): string[] {
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
export function formatBadRows(count: number, first: PlannedWork['firstBadRow']): string {
  const rows = `${formatNumberOf(count, 'invalid row')} in IMDb's list`;
  if (first === undefined) return rows;
  const { line, problem, text } = first;
  return `${rows} (${count === 1 ? '' : 'the first is '}line ${line}, which ${toOneLine(problem)}: ${quote(text)})`;
}
