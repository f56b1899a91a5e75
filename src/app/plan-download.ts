import { isBucketUrl } from '../bucket-name.ts';
import { UserError } from '../errors.ts';
import { type DownloadEstimate, estimateDownload } from '../fleet/estimate.ts';
import type { FleetFilters } from '../fleet/filters.ts';
import { hasWork } from '../fleet/missing-parts.ts';
import type { FleetPlan, PlannedPartition } from '../fleet/plan.ts';
import { measureProgress } from '../fleet/progress.ts';
import type { PartitionIndex } from '../imdb/partition-index.ts';
import { partitionName } from '../partition.ts';
import { formatNumberOf } from '../text.ts';
import { RETENTION_SECONDS } from '../worker-contract.ts';
import {
  type ChoiceDeps,
  type ChosenPartitions,
  choosePartitions,
  type LakeNote,
  measureWork,
  noteLakeState,
} from './choose-partitions.ts';
import { readLatestLaunch } from './launch-store.ts';
import type { ReadProgress } from './manifest-summaries.ts';

/** Chooses the partitions of a local download. */
export type DownloadFilters = Omit<FleetFilters, 'limit'>;

/** The partitions that a local download works on. */
export interface DownloadPlan extends FleetPlan {
  /** At most this many titles are looked up. */
  readonly limit?: number;
  /** Titles of the last partition that the limit leaves to a later run; absent without any. */
  readonly beyondLimit?: number;
}

/** The plan and forecast of a local download. */
export interface DownloadPreview {
  readonly plan: DownloadPlan;
  /** How many partitions match the filters but have nothing to download; they are not in the plan. */
  readonly upToDate: number;
  /** How many partitions of the plan are complete and only lack their parts. */
  readonly partsOnly: number;
  /** Requests to TMDB, duration and, in S3, cost. */
  readonly estimate: DownloadEstimate;
  /** Notes to read before downloading. */
  readonly notes: readonly DownloadNote[];
}

/** A note to read before downloading. */
export interface DownloadNote {
  /**
   * Those of {@link LakeNote}; `launch`: the latest launch into this lake is not complete, so workers may be downloading.
   */
  readonly about: LakeNote['about'] | 'launch';
  /** One sentence. */
  readonly text: string;
}

/**
 * Plans a download of many partitions from this process, and forecasts it from earlier downloads into the lake. The same
 * filters as for a launch choose the partitions; those that have nothing to download are left out. It writes nothing.
 * @param filters by default the years from 2000 to this one.
 * @param options.limit look up at most this many titles.
 * @throws {UsageError} for filters that contradict each other, or when the settings have another source than the lake;
 *   {@link UserError} when a newer version of this program has written a manifest; and any error of the lake.
 */
export async function planDownload(
  connection: ChoiceDeps,
  index: PartitionIndex,
  filters: Partial<DownloadFilters> = {},
  options: {
    readonly limit?: number;
    readonly onProgress?: (progress: ReadProgress) => void;
    readonly signal?: AbortSignal;
  } = {},
): Promise<DownloadPreview> {
  const { requestsPerSecond } = connection.settings;
  const chosen = await choosePartitions(connection, index, { ...filters, limit: undefined }, options);
  const { plan, summaries } = chosen;
  const withWork = plan.partitions.filter((partition) =>
    hasWork(partition, summaries.get(partitionName(partition))),
  );
  requireReadable(withWork, chosen);
  const partitions = takeTitles(withWork, options.limit);
  const left = countLeft(partitions);
  const beyondLimit = countLeft(withWork.slice(0, partitions.length)) - left;
  const { partsOnly, work, rates } = measureWork(partitions, chosen);
  const place = isBucketUrl(connection.lake.url) ? 'bucket' : 'directory';
  return {
    plan: {
      ...plan,
      partitions,
      movies: partitions.reduce((sum, { titles }) => sum + titles, 0),
      left,
      ...(options.limit !== undefined && { limit: options.limit }),
      ...(beyondLimit > 0 && { beyondLimit }),
    },
    upToDate: plan.partitions.length - withWork.length,
    partsOnly,
    estimate: estimateDownload(work, { requestsPerSecond, lake: place }, rates),
    notes: await collectNotes(connection, { ...chosen, partsOnly }),
  };
}

function countLeft(partitions: readonly PlannedPartition[]): number {
  return partitions.reduce((sum, { left }) => sum + left, 0);
}

/** @throws {UserError} when a newer version has written a manifest: the download would end at this partition. */
function requireReadable(
  partitions: readonly PlannedPartition[],
  { newer }: Pick<ChosenPartitions, 'newer'>,
): void {
  const names = new Set(newer.map(partitionName));
  const first = partitions.map(partitionName).find((name) => names.has(name));
  if (first === undefined) return;
  throw new UserError(
    `The manifest of ${first} was written by a newer version of tdd: update tdd, or choose other partitions.`,
  );
}

/** Takes partitions until they have `limit` titles to look up. */
function takeTitles(
  partitions: readonly PlannedPartition[],
  limit = Number.POSITIVE_INFINITY,
): readonly PlannedPartition[] {
  let rest = limit;
  return partitions.flatMap((partition) => {
    if (rest === 0) return [];
    const left = Math.min(partition.left, rest);
    rest -= left;
    return { ...partition, left };
  });
}

async function collectNotes(
  { lake, clock }: Pick<ChoiceDeps, 'lake' | 'clock'>,
  chosen: ChosenPartitions & Pick<DownloadPreview, 'partsOnly'>,
): Promise<DownloadNote[]> {
  const notes: DownloadNote[] = await noteLakeState({ lake }, chosen, {
    kind: 'download',
    partsWritten: 'they are written from the documents in the lake, usually without requests to TMDB.',
  });
  const fleet = (await readLatestLaunch({ lake }))?.fleet;
  if (fleet && Date.parse(fleet.launchedAt) > clock.now() - RETENTION_SECONDS * 1_000) {
    const { total, complete, failedTitles, rejected } = measureProgress(fleet, chosen.summaries).partitions;
    const open = total - complete - failedTitles - rejected;
    if (open > 0) {
      notes.push({
        about: 'launch',
        text: `Launch ${fleet.run} has ${formatNumberOf(open, 'partition')} left: while its workers are running, they and this download together exceed the rate limit, so wait until "tdd status" shows that they have ended, or run "tdd pause".`,
      });
    }
  }
  return notes;
}
