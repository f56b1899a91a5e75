import { countMessages } from '../aws/queue-interface.ts';
import { SETTINGS } from '../config/settings.ts';
import type { FleetStatus } from '../fleet/status.ts';
import { MOVIE_PREFIX, REVIEW_PREFIX } from '../lake/keys.ts';
import { formatCount, formatNumberOf, toOneLine } from '../text.ts';
import { formatDuration, formatFields, formatPercent } from './format.ts';
import { formatFailures } from './format-outcome.ts';
import type { Style } from './output.ts';

const PHASES: Readonly<Record<FleetStatus['phase'], string>> = {
  none: 'nothing launched yet',
  sending: 'sending',
  running: 'running',
  paused: 'paused',
  ended: 'ended, not complete',
  complete: 'complete',
};

const BAR_LENGTH = 30;

/** The result of `tdd status`; with `totals` only if they were requested. */
export type StatusResult = Omit<FleetStatus, 'totals'> &
  Partial<Pick<FleetStatus, 'totals'>> & {
    /** 12 digits; absent, as is the region, when STS does not return it. */
    readonly accountId?: string;
    readonly region?: string;
  };

/** Formats a status to fit one screen: progress, queues, workers, and what to do next. */
export function formatStatus(status: StatusResult, style: Style): string {
  const { phase, advice } = status;
  const color = phase === 'complete' ? style.green : phase === 'running' ? style.cyan : style.yellow;
  return [
    formatFields(
      [
        ['fleet', `${style.bold(color(stateOf(status)))}${launchOf(status)}`],
        ...accountRow(status),
        ...sourceRow(status),
        ...progressRows(status, style),
        ...workerRows(status),
        ...failureRow(status),
        ...missingReviewsRow(status, style),
        ...partsRow(status, style),
        ...totalRows(status),
      ],
      style,
    ),
    ...(advice.length > 0 ? [''] : []),
    ...advice.flatMap(({ problem, command }) => [
      `${style.yellow('!')} ${toOneLine(problem)}.`,
      `  ${style.command(toOneLine(command, 1_000))}`,
    ]),
    ...nextSteps(status, style),
  ].join('\n');
}

function stateOf({ phase, fleet, queue, function: worker }: StatusResult): string {
  const isDeployed = queue !== undefined || worker !== undefined;
  if (!isDeployed && fleet !== undefined && phase !== 'complete') return 'not deployed';
  return phase === 'sending' && fleet?.interruptedAt !== undefined ? 'interrupted' : PHASES[phase];
}

function launchOf({ fleet }: StatusResult): string {
  if (fleet === undefined) return '';
  const launchedAt = fleet.launchedAt.slice(0, 16).replace('T', ' ');
  return ` (launched ${toOneLine(launchedAt)} UTC, run ${toOneLine(fleet.run)})`;
}

function accountRow({ accountId, region }: StatusResult): [string, string][] {
  return accountId === undefined || region === undefined
    ? []
    : [['account', `${toOneLine(accountId)}, region ${toOneLine(region)}`]];
}

/** Shows the source of the lake's data, unless it is TMDB and IMDb themselves. */
function sourceRow({ source }: StatusResult): [string, string][] {
  if (source === undefined) return [];
  const { tmdbBaseUrl, imdbDatasetsUrl } = SETTINGS;
  const { tmdb = tmdbBaseUrl.default, imdb = imdbDatasetsUrl.default } = source;
  const isUsual = tmdb === tmdbBaseUrl.default && imdb === imdbDatasetsUrl.default;
  return isUsual ? [] : [['source', `${toOneLine(tmdb ?? '')} and ${toOneLine(imdb ?? '')}`]];
}

function progressRows(status: StatusResult, style: Style): [string, string][] {
  const { fleet, rate, phase } = status;
  if (fleet === undefined) return [];
  const { partitions, movies } = fleet;
  const states = [
    `${formatCount(partitions.complete)} of ${formatCount(partitions.total)} complete (${formatPercent(partitions.complete, partitions.total)})`,
    ...(partitions.partial > 0 ? [`${formatCount(partitions.partial)} partial`] : []),
    ...(partitions.failedTitles > 0 ? [`${formatCount(partitions.failedTitles)} with failed titles`] : []),
    ...(partitions.notBegun > 0 ? [`${formatCount(partitions.notBegun)} not started`] : []),
    ...(partitions.unsent > 0 ? [`${formatCount(partitions.unsent)} not sent yet`] : []),
    ...(partitions.rejected > 0 ? [`${formatCount(partitions.rejected)} rejected by SQS`] : []),
  ];
  const failed = movies.failed > 0 ? `, ${formatCount(movies.failed)} failed` : '';
  const speed = rate
    ? `${rate.moviesPerSecond.toFixed(1)} movies/s over the last ${formatDuration(rate.overSeconds)}`
    : 'no movies done in the last minute';
  return [
    ['progress', progressBar(movies.settled, movies.total, style)],
    ['movies', `${formatCount(movies.settled)} of ${formatCount(movies.total)} done${failed}`],
    ['partitions', states.join(', ')],
    ...timeRow(status),
    ...(phase === 'complete' ? [] : ([['rate', speed]] as [string, string][])),
  ];
}

function progressBar(done: number, total: number, style: Style): string {
  const share = total === 0 ? 1 : done / total;
  const full = Math.floor(Math.min(1, share) * BAR_LENGTH);
  return `${style.cyan('█'.repeat(full))}${'░'.repeat(BAR_LENGTH - full)} ${formatPercent(done, total)}`;
}

function timeRow({ phase, secondsElapsed, secondsLeft, secondsLeftFrom }: StatusResult): [string, string][] {
  if (secondsElapsed === undefined) return [];
  const elapsed = formatDuration(secondsElapsed);
  if (phase === 'complete') return [['time', elapsed]];
  if (phase === 'ended') return [['time', `ended after ${elapsed}`]];
  const left =
    secondsLeft === undefined
      ? ''
      : `, about ${formatDuration(secondsLeft)} left${secondsLeftFrom === 'forecast' ? ' by forecast' : ''}`;
  return [['time', `${elapsed} since the launch${left}`]];
}

function workerRows({ queue, deadLetters, function: worker, eventSource }: StatusResult): [string, string][] {
  const depths = queue && [
    `${formatCount(queue.waiting)} waiting`,
    `${formatCount(queue.inFlight)} in flight`,
    ...(queue.delayed > 0 ? [`${formatCount(queue.delayed)} delayed`] : []),
  ];
  const limit =
    eventSource?.maximumConcurrency === undefined
      ? ''
      : `, at most ${formatNumberOf(eventSource.maximumConcurrency, 'worker')}`;
  return [
    ['queue', depths?.join(', ') ?? 'does not exist'],
    ['dead letters', deadLetters === undefined ? 'queue does not exist' : formatCount(deadLetters)],
    ['function', worker ? functionState(worker) : 'does not exist'],
    ['event source', eventSource ? `${toOneLine(eventSource.state)}${limit}` : 'does not exist'],
  ];
}

function functionState({ state, lastUpdate }: NonNullable<StatusResult['function']>): string {
  return toOneLine(lastUpdate === 'Successful' ? state : `${state}, last update ${lastUpdate}`);
}

function failureRow({ failures: { titles, reasons } }: StatusResult): [string, string][] {
  return titles === 0 ? [] : [['failures', formatFailures(reasons, titles)]];
}

function missingReviewsRow({ missingReviews }: StatusResult, style: Style): [string, string][] {
  if (missingReviews === undefined) return [];
  const { movies, reviews, command } = missingReviews;
  const what = `${formatCount(reviews)} of ${formatNumberOf(movies, 'movie')}`;
  return [['missing reviews', `${what}; to ask TMDB for them again: ${style.command(command)}`]];
}

/** While messages are left, the launch shown may be about to write parts. */
function partsRow({ queue, fleet, withoutParts }: StatusResult, style: Style): [string, string][] {
  const { complete = 0, withoutParts: without = 0 } = fleet?.partitions ?? {};
  if (without > 0 && countMessages(queue) > 0) {
    return [
      [
        'parts',
        `written for ${formatCount(complete - without)} of ${formatNumberOf(complete, 'complete partition')}`,
      ],
    ];
  }
  if (withoutParts === undefined) return [];
  const what = `${formatNumberOf(withoutParts, 'complete partition')} ${withoutParts === 1 ? 'has' : 'have'} none`;
  return [['parts', `${what}; the next ${style.command('tdd export')} writes them`]];
}

function totalRows({ totals, lake }: StatusResult): [string, string][] {
  if (totals === undefined) return [];
  const { partitions, complete, counts } = totals;
  return [
    [
      'lake',
      `${toOneLine(lake)}: ${formatNumberOf(partitions, 'partition')}, ${formatCount(complete)} complete`,
    ],
    [
      'titles',
      `${formatNumberOf(counts.found, 'movie')} found, ${formatCount(counts.notFound)} not found, ${formatCount(counts.refused)} refused, ${formatCount(counts.failed)} failed`,
    ],
    ['reviews', formatCount(counts.reviews)],
  ];
}

function nextSteps({ phase, lake, fleet, advice }: StatusResult, style: Style): string[] {
  if (phase === 'none' && advice.length === 0) {
    return ['', `Next: ${style.command('tdd launch --limit 3')} starts a small first launch.`];
  }
  if (phase !== 'complete') return [];
  const place = toOneLine(lake);
  const documents = ['Documents:', `  ${place}/${MOVIE_PREFIX}`, `  ${place}/${REVIEW_PREFIX}`];
  if (advice.length > 0) return ['', ...documents];
  return [
    '',
    ...documents,
    fleet?.filters.limit === undefined
      ? `Next: ${style.command('tdd launch --only-missing')} downloads new titles in IMDb's list.`
      : `Next: ${style.command('tdd launch --dry-run')} forecasts the time and cost of the whole catalog.`,
    `To load the lake into a database: ${style.command('tdd export --to tables')}`,
  ];
}
