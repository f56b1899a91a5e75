import type { FleetStatus } from '../fleet/status.ts';
import { formatCount } from '../text.ts';
import { formatDuration } from './format.ts';
import type { Style } from './output.ts';

const PHASES: Readonly<Record<FleetStatus['phase'], string>> = {
  none: 'nothing launched yet',
  sending: 'being sent',
  running: 'running',
  paused: 'paused',
  ended: 'ended, not complete',
  complete: 'complete',
};

/** The result of `tdd status`; it has `totals` only where they were asked for. */
export type StatusResult = Omit<FleetStatus, 'totals'> & Partial<Pick<FleetStatus, 'totals'>>;

/** A fleet on one screen. */
export function formatStatus(status: StatusResult, style: Style): string {
  const { phase, queue, deadLetters, eventSource, advice } = status;
  const color = phase === 'complete' ? style.green : phase === 'running' ? style.cyan : style.yellow;
  const rows: [string, string][] = [
    ['fleet', `${style.bold(color(PHASES[phase]))}${launchOf(status)}`],
    [
      'queue',
      queue
        ? `${formatCount(queue.waiting)} waiting, ${formatCount(queue.inFlight)} in flight${queue.delayed > 0 ? `, ${formatCount(queue.delayed)} delayed` : ''}`
        : 'none',
    ],
    ['dead letters', deadLetters === undefined ? 'none' : formatCount(deadLetters)],
    ['function', status.function ? functionOf(status.function) : 'none'],
    [
      'event source',
      eventSource
        ? `${eventSource.state}${eventSource.maximumConcurrency === undefined ? '' : `, ${eventSource.maximumConcurrency} workers at most`}`
        : 'none',
    ],
    ...fleetRows(status),
    ...totalRows(status),
  ];
  return [
    ...rows.map(([name, text]) => `${name.padEnd(12)}  ${text}`),
    ...(advice.length > 0 ? [''] : []),
    ...advice.flatMap(({ problem, command }) => [
      `${style.yellow('!')} ${problem}.`,
      `  ${style.bold(command)}`,
    ]),
  ].join('\n');
}

function launchOf({ fleet }: StatusResult): string {
  return fleet ? ` (launched ${fleet.launchedAt.slice(0, 16).replace('T', ' ')} UTC, run ${fleet.run})` : '';
}

function functionOf({ state, lastUpdate }: NonNullable<StatusResult['function']>): string {
  return lastUpdate === 'Successful' ? state : `${state}, last update ${lastUpdate}`;
}

function fleetRows({ fleet, rate, secondsLeft, phase }: StatusResult): [string, string][] {
  if (fleet === undefined) return [];
  const { partitions, movies } = fleet;
  const states = [
    `${formatCount(partitions.complete)} of ${formatCount(partitions.total)} complete (${percent(partitions.complete, partitions.total)})`,
    `${formatCount(partitions.partial)} partial`,
    `${formatCount(partitions.failedTitles)} with failed titles`,
    `${formatCount(partitions.notBegun)} not begun`,
    ...(partitions.unsent > 0 ? [`${formatCount(partitions.unsent)} not sent yet`] : []),
    ...(partitions.rejected > 0 ? [`${formatCount(partitions.rejected)} refused by SQS`] : []),
  ];
  const speed = rate
    ? `${rate.moviesPerSecond.toFixed(1)} movies/s over the last ${formatDuration(rate.overSeconds)}`
    : 'nothing settled in the last minute';
  const left = secondsLeft === undefined ? '' : `, about ${formatDuration(secondsLeft)} left`;
  return [
    ['partitions', states.join(', ')],
    [
      'movies',
      `${formatCount(movies.settled)} of ${formatCount(movies.total)} settled (${percent(movies.settled, movies.total)})${movies.failed > 0 ? `, ${formatCount(movies.failed)} failed` : ''}`,
    ],
    ...(phase === 'complete' ? [] : ([['rate', `${speed}${left}`]] as [string, string][])),
  ];
}

function totalRows({ totals, lake }: StatusResult): [string, string][] {
  if (totals === undefined) return [];
  const { partitions, complete, counts } = totals;
  return [
    ['lake', `${lake}: ${formatCount(partitions)} partitions, ${formatCount(complete)} complete`],
    [
      'titles',
      `${formatCount(counts.found)} movies found, ${formatCount(counts.notFound)} not found, ${formatCount(counts.refused)} refused, ${formatCount(counts.failed)} failed`,
    ],
    ['reviews', formatCount(counts.reviews)],
  ];
}

function percent(part: number, whole: number): string {
  return whole === 0 ? '100 %' : `${Math.floor((part / whole) * 100)} %`;
}
