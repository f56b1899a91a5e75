import type { TitleWithoutPartition } from '../app/download.ts';
import type { DownloadReport } from '../download/download-report.ts';
import { countDone } from '../download/manifest.ts';
import type { PartitionIndex } from '../imdb/partition-index.ts';
import { MOVIE_PREFIX, partitionFolder, REVIEW_PREFIX } from '../lake/keys.ts';
import { partitionName } from '../partition.ts';
import { escapeControls, formatCount, formatNumberOf, quote, toOneLine } from '../text.ts';
import { describeRest, formatProblems, formatThisRun } from './format-outcome.ts';
import type { Style } from './output.ts';
import { quoteWord } from './suggestions.ts';

/** The result of `tdd download`. */
export interface DownloadResult {
  readonly lake: string;
  readonly snapshot: string;
  /** One report per partition. */
  readonly partitions: readonly DownloadReport[];
  /** Invalid rows in IMDb's list, whose titles are skipped. */
  readonly badRows: number;
  /** The first of them. */
  readonly firstBadRow?: PartitionIndex['firstBadRow'];
  /** At most this many titles are looked up. */
  readonly limit?: number;
  /** Requested IMDb IDs without a partition, and why they have none. */
  readonly withoutPartition: readonly TitleWithoutPartition[];
  /** Present when Ctrl-C or `kill` stopped the download before its end. */
  readonly interrupted?: true;
}

/** Formats the result of `tdd download`: a line for each partition, the titles that need attention, and the documents. */
export function formatDownload(result: DownloadResult, style: Style): string {
  const { lake, partitions, withoutPartition, limit } = result;
  const reasons = withoutPartition.map(
    ({ imdbId, reason }) => `${style.red('✖')} ${imdbId}: ${toOneLine(reason)}.`,
  );
  const folders = partitions.flatMap(({ partition, counts, requested }) =>
    requested !== undefined
      ? []
      : [MOVIE_PREFIX, ...(counts.reviews > 0 ? [REVIEW_PREFIX] : [])].map(
          (prefix) => `  ${toOneLine(lake, 1_000)}/${prefix}${partitionFolder(partition)}/`,
        ),
  );
  const copies = partitions.flatMap(({ partition, setAside }) =>
    setAside === undefined
      ? []
      : `The manifest of ${partitionName(partition)} was damaged and has been replaced; its copy is ${toOneLine(setAside, 1_000)}.`,
  );
  const rest = partitions.flatMap(({ outcome, thisRun, requested }) =>
    requested === undefined && outcome === 'partial' ? describeRest(outcome, thisRun.done, limit) : [],
  );
  return [
    ...partitions.flatMap((report) => [formatReport(report, style), ...formatRequested(report)]),
    ...copies,
    ...reasons,
    ...rest,
    ...(folders.length > 0 ? ['Documents:', ...folders] : []),
    ...(folders.length > 0 && partitions.every(({ complete }) => complete)
      ? [
          `To load the lake into a database: ${style.command(`tdd export --from ${escapeControls(quoteWord(lake))} --to tables`)}`,
        ]
      : []),
  ].join('\n');
}

/** Formats a line for each title that was requested by its IMDb ID. */
function formatRequested({ requested = [] }: DownloadReport): string[] {
  const states = {
    notFound: 'not on TMDB',
    refused: 'refused by TMDB',
    failed: 'failed',
    untried: 'not downloaded',
  };
  return requested.map(({ imdbId, state, document = '', reason }) => {
    if (state === 'found') return `  ${imdbId}: ${toOneLine(document, 1_000)}`;
    return `  ${imdbId}: ${states[state]}${reason === undefined ? '' : ` (${quote(reason, 100)})`}`;
  });
}

function formatReport(report: DownloadReport, style: Style): string {
  const { thisRun, counts, complete, outcome, skipped, failures, refusals, requested } = report;
  const name = style.bold(partitionName(report.partition));
  const state = complete
    ? formatCounts(counts)
    : `${formatCount(countDone(counts))} of ${formatNumberOf(counts.titles, 'title')} done`;
  if (thisRun.total === 0 && thisRun.failed === 0) {
    const finding = complete ? 'is already complete' : 'already has the requested titles';
    return `${style.green('✔')} ${name} ${finding}: ${state}.`;
  }
  const mark =
    outcome === 'failedTitles'
      ? style.red('✖')
      : outcome === 'stopped'
        ? style.yellow('…')
        : style.green('✔');
  const whole = !complete
    ? state
    : skipped > 0
      ? `complete, including the ${formatNumberOf(skipped, 'title')} downloaded before: ${state}`
      : 'complete';
  const { refused } = thisRun;
  const failed = failures.reduce((sum, { titles }) => sum + titles, 0);
  const { missingReviews = 0 } = counts;
  return [
    `${mark} ${name}  ${formatThisRun(thisRun, report.seconds)}; ${whole}.`,
    ...(requested ? [] : formatProblems({ failed, failures, refused, refusals })),
    ...(missingReviews > 0
      ? [
          `  ${formatNumberOf(missingReviews, 'review')} missing: TMDB counts more than it returned. The next run asks for them again.`,
        ]
      : []),
  ].join('\n');
}

/** Formats the contents of a complete partition. */
function formatCounts({ found, notFound, refused, reviews }: DownloadReport['counts']): string {
  return [
    formatNumberOf(found, 'movie'),
    ...(notFound > 0 ? [`${formatCount(notFound)} not on TMDB`] : []),
    ...(refused > 0 ? [`${formatCount(refused)} refused by TMDB`] : []),
    formatNumberOf(reviews, 'review'),
  ].join(', ');
}
