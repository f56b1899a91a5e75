import type { DownloadProgress, DownloadReport } from '../download/download-report.ts';
import type { FailureGroup } from '../download/failures.ts';
import { formatCount, formatNumberOf, quote } from '../text.ts';
import { formatRequests, formatTook } from './format.ts';

/**
 * Formats failed titles by reason: `5 × "500" (tt0000001, tt0000002, tt0000003, …), 1 × "timeout" (tt0000004)`.
 * @param total the number of all failed titles; `groups` may contain only the most frequent reasons.
 */
export function formatFailures(groups: readonly FailureGroup[], total: number): string {
  const named = groups.reduce((sum, { titles }) => sum + titles, 0);
  return [
    ...groups.map(({ reason, titles, examples }) => {
      const ids = titles > examples.length ? [...examples, '…'] : examples;
      return `${formatCount(titles)} × ${quote(reason, 100)} (${ids.join(', ')})`;
    }),
    ...(total > named ? [`${formatCount(total - named)} for other reasons`] : []),
  ].join(', ');
}

/** Formats what a run did: `5 found, 1 not found, 0 failed, 28 reviews, 8 requests, 0.3 s`. */
export function formatThisRun(thisRun: DownloadProgress, seconds: number): string {
  const { found, notFound, refused, failed, reviews } = thisRun;
  return [
    `${formatCount(found)} found`,
    `${formatCount(notFound)} not found`,
    ...(refused > 0 ? [`${formatCount(refused)} refused`] : []),
    `${formatCount(failed)} failed`,
    formatNumberOf(reviews, 'review'),
    formatRequests(thisRun),
    formatTook(seconds),
  ].join(', ');
}

/** Formats why titles failed and why TMDB refused titles: a line for each, if there are any. */
export function formatProblems({
  failed,
  failures,
  refused,
  refusals,
}: {
  readonly failed: number;
  readonly failures: readonly FailureGroup[];
  readonly refused: number;
  readonly refusals: readonly FailureGroup[];
}): string[] {
  return [
    ...(failed > 0 ? [`  ${formatCount(failed)} failed: ${formatFailures(failures, failed)}`] : []),
    ...(refused > 0
      ? [`  ${formatCount(refused)} refused by TMDB: ${formatFailures(refusals, refused)}`]
      : []),
  ];
}

/** Says why titles are left that neither failed nor were interrupted. @param done how many titles the run has looked up. */
export function describeRest(outcome: DownloadReport['outcome'], done: number, limit?: number): string[] {
  if (limit !== undefined && done >= limit) {
    return ['The limit is reached: run the same command again for further titles.'];
  }
  if (outcome !== 'partial') return [];
  return ['Another run has changed titles in the meantime: run the same command again for the rest.'];
}
