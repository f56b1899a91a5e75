import type { DownloadPlanReport } from '../app/download-plan.ts';
import type { DownloadReport } from '../download/download-report.ts';
import type { DownloadEstimate } from '../fleet/estimate.ts';
import { escapeControls, formatCount, formatNumberOf, toOneLine } from '../text.ts';
import { formatDollars, roundRate } from './format.ts';
import { describeRest, formatProblems, formatThisRun } from './format-outcome.ts';
import { formatCostBasis, formatWork, type PlannedWork, whyNothing } from './format-work.ts';
import type { Style } from './output.ts';
import { quoteWord } from './suggestions.ts';

/** The result of `tdd download` with filters. */
export interface DownloadPlanResult extends PlannedWork {
  readonly lake: string;
  /** At most this many titles are looked up. */
  readonly limit?: number;
  /** Titles of the last partition that the limit leaves to a later run; absent without any. */
  readonly beyondLimit?: number;
  readonly requestsPerSecond: number;
  /** Partitions to work on. */
  readonly planned: number;
  /** Partitions that match the filters and have nothing to download. */
  readonly upToDate: number;
  /** Planned partitions that are complete and only lack their parts. */
  readonly partsOnly: number;
  readonly estimate: DownloadEstimate;
  readonly notes: readonly string[];
  /** The reports of partitions that were worked on but are not complete, at most 100. */
  readonly partitions: readonly DownloadReport[];
  /** Absent after a dry run, or when there was nothing to download. */
  readonly report?: Omit<DownloadPlanReport, 'incomplete' | 'problem'>;
  /** The command that looks up the failed titles again; absent if none failed. */
  readonly retry?: string;
  /** Present when Ctrl-C or `kill` stopped the download before its end. */
  readonly interrupted?: true;
}

const BOUND = {
  rate: '',
  connections: '; limited by the number of connections',
  partitions: '; limited by the reads and writes of each partition',
  documents: '; limited by the documents that are read from the lake to write parts',
};

/** Formats the plan of a download. */
export function formatDownloadPlan(result: DownloadPlanResult, style: Style): string {
  const { estimate, upToDate, limit, requestsPerSecond, planned, partsOnly, notes } = result;
  const { dollars } = estimate;
  const words = {
    partitions: planned,
    partsOnly,
    estimate,
    notes,
    writesParts: 'only their parts are written, usually without requests to TMDB',
    pace: `at ${roundRate(requestsPerSecond)} requests/s from this machine${BOUND[estimate.boundBy]}`,
    morePartitions: [
      ...(upToDate > 0
        ? [['up to date', formatCount(upToDate), 'left out: nothing to download'] as const]
        : []),
      ...(limit === undefined
        ? []
        : [['limit', formatCount(limit), 'titles: partitions after these are left out'] as const]),
    ],
    ...(limit !== undefined && { beyondLimit: result.beyondLimit ?? 0 }),
    cost: dollars
      ? [
          [
            'cost',
            formatDollars(dollars.total),
            formatCostBasis(estimate, 'S3 requests', dollars.pricesOf),
          ] as const,
        ]
      : [],
  };
  return formatWork(result, words, style);
}

/** Formats the outcome of a download with filters. */
export function formatDownloadOfPlan(result: DownloadPlanResult, style: Style): string {
  const { report, planned, lake, limit } = result;
  if (planned === 0) return `${whyNothing(result)} No movies were downloaded.`;
  if (report === undefined) {
    return `${formatDownloadPlan(result, style)}\n\nDry run: no movies were downloaded.`;
  }
  const place = escapeControls(quoteWord(lake));
  return [
    ...formatReport(report, result, style),
    ...report.setAside.map(
      (copy) => `A damaged manifest has been replaced; its copy is ${toOneLine(copy, 1_000)}.`,
    ),
    `Lake: ${toOneLine(lake, 1_000)}`,
    ...describeRest(report.outcome, report.thisRun.done, limit),
    ...(result.retry === undefined
      ? []
      : [`To try the failed titles again: ${style.command(`${result.retry} --to ${place}`)}`]),
    ...(report.partitions.complete === report.partitions.total
      ? [`To load the lake into a database: ${style.command(`tdd export --from ${place} --to tables`)}`]
      : []),
  ].join('\n');
}

function formatReport(
  {
    partitions,
    thisRun,
    failures,
    refusals,
    missingReviews,
    seconds,
  }: NonNullable<DownloadPlanResult['report']>,
  { interrupted }: Pick<DownloadPlanResult, 'interrupted'>,
  style: Style,
): string[] {
  const { refused, failed } = thisRun;
  const { complete, total } = partitions;
  const mark = interrupted ? style.yellow('…') : failed > 0 ? style.red('✖') : style.green('✔');
  const whole =
    complete === total
      ? `${formatNumberOf(total, 'partition')} complete`
      : `${formatCount(complete)} of ${formatNumberOf(total, 'partition')} complete`;
  return [
    `${mark} ${style.bold(whole)}: ${formatThisRun(thisRun, seconds)}.`,
    ...formatProblems({ failed, failures, refused, refusals }),
    ...(missingReviews > 0
      ? [
          `  ${formatNumberOf(missingReviews, 'review')} missing: TMDB counts more than it returned. --failed asks for them again.`,
        ]
      : []),
  ];
}
