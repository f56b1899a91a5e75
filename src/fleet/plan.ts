import { coversTitleTypes } from '../download/title-types.ts';
import { hashIds } from '../imdb/id-hash.ts';
import {
  findPartition,
  type IndexedPartition,
  listPartitions,
  type PartitionIndex,
  type Title,
} from '../imdb/partition-index.ts';
import { type Partition, partitionName } from '../partition.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import type { FleetFilters } from './filters.ts';
import { type FleetTerms, judgePartition } from './judge.ts';
import { countDoneBefore, HOUR_MS, type ManifestSummary } from './manifest-summary.ts';
import { isVacated, lacksParts } from './missing-parts.ts';

/** A partition to send. */
export interface PlannedPartition extends IndexedPartition {
  /** Movies to look up: movies that are not in the lake or whose documents are too old. */
  readonly left: number;
}

/** The partitions that a launch sends, and how they were selected. */
export interface FleetPlan extends FleetTerms {
  readonly titleTypes: readonly string[];
  readonly filters: FleetFilters;
  /** Largest first, so that all workers finish at about the same time. */
  readonly partitions: readonly PlannedPartition[];
  /** How many partitions the list has in these years and with this initial, whatever their state. */
  readonly inRange: number;
  /** Movies in the chosen partitions. */
  readonly movies: number;
  /** Movies to look up at TMDB. */
  readonly left: number;
  /** Movies without a start year, which have no partition: their number and some examples. */
  readonly withoutYear: { readonly count: number; readonly titles: readonly Title[] };
  /** Malformed rows of IMDb's list, whose titles are skipped. */
  readonly badRows: number;
  /** The first of them. */
  readonly firstBadRow?: PartitionIndex['firstBadRow'];
}

/** The input of a plan. */
interface PlanInput {
  readonly index: Pick<
    PartitionIndex,
    'snapshot' | 'titleTypes' | 'partitions' | 'idHashes' | 'withoutYear' | 'rowCounts' | 'firstBadRow'
  >;
  readonly filters: FleetFilters;
  /** How the workers look up movies. */
  readonly settings: LookupSettings;
  /** The manifests of the lake, by `partitionName`. */
  readonly summaries: ReadonlyMap<string, ManifestSummary>;
  readonly nowMs: number;
}

/** The number of titles without a year that a plan lists as examples. */
const NAMED_WITHOUT_YEAR = 10;

/**
 * Chooses the partitions of a fleet. A partition is selected if it matches any of `onlyMissing`, `failed` and `olderThanMs`
 * that is given; years, initial and limit narrow the selection.
 */
export function planFleet({ index, filters, settings, summaries, nowMs }: PlanInput): FleetPlan {
  const redoBefore = redoBeforeOf(filters, nowMs);
  const terms = { snapshot: index.snapshot, settings, ...(redoBefore !== undefined && { redoBefore }) };
  const inRange = listPartitions(index).filter((partition) => isInRange(partition, filters));
  const vacated = listVacated(index, summaries.values()).filter((partition) => isInRange(partition, filters));
  const chosen = [...inRange, ...vacated]
    .map((partition) => {
      const { titles } = partition;
      const summary = summaries.get(partitionName(partition));
      const { left } = judgePartition(summary, partition, terms);
      const incomplete = filters.failed ? (summary?.missingReviews.movies ?? 0) : 0;
      return { ...partition, left: Math.min(left + incomplete, titles), summary };
    })
    .filter(({ summary, ...partition }) => isSelected(summary, partition, filters, terms))
    .map(({ summary: _, ...partition }) => partition)
    .sort(bySizeDescending);
  const partitions = filters.limit === undefined ? chosen : takeSmallest(chosen, filters.limit);
  return {
    ...terms,
    titleTypes: index.titleTypes,
    filters,
    partitions,
    inRange: inRange.length,
    movies: partitions.reduce((sum, { titles }) => sum + titles, 0),
    left: partitions.reduce((sum, { left }) => sum + left, 0),
    withoutYear: {
      count: index.withoutYear.count,
      titles: index.withoutYear.titles.slice(0, NAMED_WITHOUT_YEAR),
    },
    badRows: index.rowCounts.bad,
    ...(index.firstBadRow && { firstBadRow: index.firstBadRow }),
  };
}

/**
 * Lists the partitions in which the index no longer has titles, because IMDb has corrected their years or titles, while their
 * manifests still count some: a run marks these as having left, so that tables do not have them twice.
 */
function listVacated(index: PlanInput['index'], summaries: Iterable<ManifestSummary>): IndexedPartition[] {
  return [...summaries].flatMap((summary) => {
    const { partition, snapshot, titleTypes } = summary;
    const isOfThisList = snapshot <= index.snapshot && coversTitleTypes(index.titleTypes, titleTypes);
    if (!isOfThisList || findPartition(index, partition) || !isVacated(0, summary)) return [];
    const { year, initial } = partition;
    return { year, initial, titles: 0, idHash: hashIds([]) };
  });
}

/** Rounds down to a full hour, because summaries count by the hour. */
function redoBeforeOf({ olderThanMs }: FleetFilters, nowMs: number): string | undefined {
  if (olderThanMs === undefined) return undefined;
  return new Date(Math.floor((nowMs - olderThanMs) / HOUR_MS) * HOUR_MS).toISOString();
}

function isInRange({ year, initial }: Partition, filters: FleetFilters): boolean {
  const { minYear, maxYear } = filters;
  return year >= minYear && year <= maxYear && (filters.initial === undefined || initial === filters.initial);
}

function isSelected(
  summary: ManifestSummary | undefined,
  listed: IndexedPartition,
  { onlyMissing, failed, olderThanMs }: FleetFilters,
  terms: FleetTerms,
): boolean {
  if (!onlyMissing && !failed && olderThanMs === undefined) return true;
  const { snapshot, settings, redoBefore } = terms;
  const isMissing = judgePartition(summary, listed, { snapshot, settings }).state !== 'complete';
  if (onlyMissing && (isMissing || lacksParts(summary))) return true;
  if (failed && summary !== undefined && summary.counts.failed + summary.missingReviews.movies > 0) {
    return true;
  }
  return (
    summary !== undefined && redoBefore !== undefined && countDoneBefore(summary, Date.parse(redoBefore)) > 0
  );
}

function bySizeDescending(a: PlannedPartition, b: PlannedPartition): number {
  return b.left - a.left || b.titles - a.titles || b.year - a.year || (a.initial < b.initial ? -1 : 1);
}

/** Takes the smallest partitions with titles left, for a cheap first try. @param partitions largest first. */
function takeSmallest(partitions: readonly PlannedPartition[], limit: number): readonly PlannedPartition[] {
  const withWork = partitions.filter(({ left }) => left > 0);
  const candidates = withWork.length > 0 ? withWork : partitions;
  return limit >= candidates.length ? candidates : candidates.slice(candidates.length - limit);
}

/** A bar of the histogram: the number of partitions within a range of sizes. */
export interface SizeBar {
  /** The minimum and maximum number of movies per partition. */
  readonly from: number;
  /** Absent: there is no upper bound. */
  readonly to?: number;
  readonly partitions: number;
  readonly movies: number;
}

/** The upper bound of each bar except the last. Sizes span four orders of magnitude. */
const BOUNDS = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000];

/** Groups partitions by size, without empty bars at either end. */
export function sizeHistogram(partitions: readonly { readonly titles: number }[]): SizeBar[] {
  const bars = [...BOUNDS, undefined].map((to, place) => ({
    from: (BOUNDS[place - 1] ?? -1) + 1,
    ...(to !== undefined && { to }),
    partitions: 0,
    movies: 0,
  }));
  for (const { titles } of partitions) {
    const bar = bars.find(({ to }) => to === undefined || titles <= to);
    if (bar === undefined) continue;
    bar.partitions += 1;
    bar.movies += titles;
  }
  const first = bars.findIndex((bar) => bar.partitions > 0);
  const last = bars.findLastIndex((bar) => bar.partitions > 0);
  return first < 0 ? [] : bars.slice(first, last + 1);
}
