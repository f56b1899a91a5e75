import { isRecord, parseJson } from '../json.ts';
import type { LakeSource } from '../lake/source.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import type { FleetFilters } from './filters.ts';
import type { FleetTerms } from './judge.ts';
import type { FleetPlan, PlannedPartition } from './plan.ts';

/**
 * A partition of a launch: the number of movies in the list, the number still to look up, and the hash of the IDs, which
 * launches of earlier versions lack.
 */
type FleetPartition = readonly [year: number, initial: string, titles: number, left: number, idHash?: string];

/** A range of indexes into the list of partitions; `to` is exclusive. */
type PlaceRange = readonly [from: number, to: number];

/** A launch as stored in the lake; see `fleetKey`. */
export interface LaunchRecord {
  readonly run: string;
  /** The queue's name. */
  readonly queue: string;
  /** ISO instant at which the plan was written, before anything was sent. */
  readonly launchedAt: string;
  /** ISO instant at which everything had been sent. Absent if the launch is in progress or was interrupted. */
  readonly finishedAt?: string;
  /** ISO instant at which sending was cancelled or failed. Absent while it is in progress, and after a kill. */
  readonly interruptedAt?: string;
  readonly snapshot: string;
  readonly titleTypes: readonly string[];
  readonly settings: LookupSettings;
  /** Where the workers should download from; launches of earlier versions do not record it. */
  readonly source?: LakeSource;
  readonly filters: FleetFilters;
  readonly redoBefore?: string;
  /** In sending order. */
  readonly partitions: readonly FleetPartition[];
  /** Acknowledged by SQS. */
  readonly acknowledged: readonly PlaceRange[];
  /** Rejected by SQS, permanently. */
  readonly rejected: readonly { readonly place: number; readonly reason: string }[];
}

/** The terms by which the partitions of a launch count as complete. */
export function termsOf(launch: LaunchRecord): FleetTerms {
  const { run, launchedAt, filters } = launch;
  return { ...launch, ...(filters.failed && { asksAgain: { run, since: launchedAt } }) };
}

/** Creates the record of a launch that has not sent anything yet. */
export function createLaunchRecord(
  plan: FleetPlan,
  {
    run,
    queue,
    source,
    nowMs,
  }: {
    readonly run: string;
    readonly queue: string;
    readonly source?: LakeSource | undefined;
    readonly nowMs: number;
  },
): LaunchRecord {
  const { snapshot, titleTypes, settings, filters, redoBefore, partitions } = plan;
  return {
    run,
    queue,
    launchedAt: new Date(nowMs).toISOString(),
    snapshot,
    titleTypes,
    settings,
    ...(source && { source }),
    filters,
    ...(redoBefore !== undefined && { redoBefore }),
    partitions: partitions.map(({ year, initial, titles, left, idHash }) =>
      idHash === undefined ? [year, initial, titles, left] : [year, initial, titles, left, idHash],
    ),
    acknowledged: [],
    rejected: [],
  };
}

/** Formats a launch for the lake. */
export function writeLaunchRecord(fleet: LaunchRecord): string {
  return `${JSON.stringify(fleet)}\n`;
}

/** Parses a launch. @returns `undefined` for text that is not a launch. */
export function parseLaunchRecord(text: string): LaunchRecord | undefined {
  const fleet = parseJson(text);
  return isLaunchRecord(fleet) ? fleet : undefined;
}

function isLaunchRecord(value: unknown): value is LaunchRecord {
  if (!isRecord(value)) return false;
  const { run, launchedAt, snapshot, filters, settings, titleTypes, partitions, acknowledged, rejected } =
    value;
  return (
    [run, launchedAt, snapshot].every((text) => typeof text === 'string') &&
    [filters, settings].every(isRecord) &&
    [titleTypes, partitions, acknowledged, rejected].every(Array.isArray)
  );
}

/** Returns the indexes of the partitions that are still to be sent. */
export function placesToSend({ partitions, acknowledged, rejected }: LaunchRecord): number[] {
  const done = markPlaces(partitions.length, acknowledged);
  for (const { place } of rejected) done[place] = 1;
  return partitions.flatMap((_, place) => (done[place] ? [] : place));
}

/** Returns a byte per place: 1 within the ranges, otherwise 0. */
export function markPlaces(length: number, ranges: readonly PlaceRange[]): Uint8Array {
  const marks = new Uint8Array(length);
  for (const [from, to] of ranges) marks.fill(1, from, to);
  return marks;
}

/** Converts marks to ranges; the inverse of {@link markPlaces}. */
export function rangesOf(marks: Uint8Array): PlaceRange[] {
  const ranges: PlaceRange[] = [];
  for (let from = marks.indexOf(1); from >= 0; ) {
    const end = marks.indexOf(0, from);
    const to = end < 0 ? marks.length : end;
    ranges.push([from, to]);
    from = marks.indexOf(1, to);
  }
  return ranges;
}

/** Returns the partitions of a launch that are still to be sent. */
export function partitionsToSend(fleet: LaunchRecord): PlannedPartition[] {
  return placesToSend(fleet).flatMap((place) => {
    const partition = fleet.partitions[place];
    if (partition === undefined) return [];
    const [year, initial, titles, left, idHash] = partition;
    return { year, initial, titles, left, ...(idHash !== undefined && { idHash }) };
  });
}
