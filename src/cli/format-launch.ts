import type { LaunchReport } from '../app/send-launch.ts';
import type { FleetBudget, FleetEstimate } from '../fleet/estimate.ts';
import type { PlannedPartition } from '../fleet/plan.ts';
import { partitionName } from '../partition.ts';
import { formatCount, formatNumberOf, toOneLine } from '../text.ts';
import { formatDollars } from './format.ts';
import { formatCostBasis, formatWork, type PlannedWork, whyNothing } from './format-work.ts';
import type { Style } from './output.ts';

/** The result of `tdd launch`. */
export interface LaunchResult extends PlannedWork {
  readonly lake: string;
  readonly queue: string;
  readonly budget: FleetBudget;
  /** Partitions that are complete and only lack their parts. */
  readonly partsOnly: number;
  readonly estimate: FleetEstimate;
  readonly notes: readonly string[];
  /** In sending order. */
  readonly partitions: readonly PlannedPartition[];
  /** Absent after a dry run, or when there was nothing to send. */
  readonly report?: LaunchReport;
}

const BOUND = {
  rate: '',
  connections: '; limited by the connections of each worker',
  partitions: '; limited by partitions that are too few or too unequal to keep every worker busy',
  documents: '; limited by the documents that workers read from the lake to write parts',
};

/** Formats the plan of a launch. */
export function formatLaunchPlan(result: LaunchResult, style: Style): string {
  const { budget, estimate, partitions, partsOnly, notes } = result;
  const { s3, lambda, sqs, total, pricesOf } = estimate.dollars;
  const shares =
    total < 0.01 ? '' : `S3 ${formatDollars(s3)}, Lambda ${formatDollars(lambda)}, SQS ${formatDollars(sqs)}`;
  const listed = partitions.filter(({ titles }) => titles > 0);
  const isCheck = result.moviesToAsk === 0 && partsOnly < listed.length;
  const words = {
    partitions: partitions.length,
    partsOnly,
    estimate,
    notes: [
      ...(isCheck
        ? [
            "These partitions already have as many titles as IMDb's list. Workers check for new titles and download them.",
          ]
        : []),
      ...notes,
    ],
    writesParts: 'workers only write their parts, usually without requests to TMDB',
    pace: `at ${budget.requestsPerSecond} requests/s with ${formatNumberOf(budget.workers, 'worker')}${BOUND[estimate.boundBy]}`,
    cost: [['cost', formatDollars(total), formatCostBasis(estimate, shares, pricesOf)] as const],
  };
  return formatWork(result, words, style);
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
