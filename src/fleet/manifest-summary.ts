import { type Counts, isSettled, type Manifest } from '../download/manifest.ts';
import type { Partition } from '../partition.ts';

/** How a partition's titles were asked for; see `LookupSettings`. */
export type FleetSettings = Manifest['settings'];

/** What a fleet needs to know of one manifest: small, whatever the number of titles. */
export interface ManifestSummary {
  readonly partition: Partition;
  /** The UTC day of the list of titles. */
  readonly snapshot: string;
  readonly settings: FleetSettings;
  readonly complete: boolean;
  readonly counts: Counts;
  readonly lastRun: Manifest['lastRun'] & {
    /** How many titles it has settled or failed. */
    readonly titles: number;
  };
  /** How many titles were settled in which hour (hours since the Unix epoch), ascending. */
  readonly settledByHour: readonly TimeCount[];
  /** How many titles were settled lately in which ten seconds (tens of seconds since the epoch), ascending. */
  readonly recent: readonly TimeCount[];
}

/** A piece of time, by its number since the Unix epoch, and how many titles were settled in it. */
export type TimeCount = readonly [time: number, titles: number];

export const HOUR_MS = 3_600_000;
export const RECENT_STEP_MS = 10_000;
/** What was settled longer ago than this is not kept in {@link ManifestSummary.recent}. */
const RECENT_MS = 600_000;

/** Sums a manifest up. @param nowMs bounds what counts as recent. */
export function summarizeManifest(manifest: Manifest, nowMs: number): ManifestSummary {
  const { partition, snapshot, settings, complete, counts, lastRun } = manifest;
  const byHour = new Map<number, number>();
  const recent = new Map<number, number>();
  const startedMs = Date.parse(lastRun.startedAt);
  let titles = 0;
  for (const title of Object.values(manifest.titles)) {
    if (title.state === 'left') continue;
    const atMs = Date.parse(title.at);
    if (atMs >= startedMs) titles += 1;
    if (!isSettled(title)) continue;
    increase(byHour, Math.floor(atMs / HOUR_MS));
    if (atMs > nowMs - RECENT_MS) increase(recent, Math.floor(atMs / RECENT_STEP_MS));
  }
  return {
    partition,
    snapshot,
    settings,
    complete,
    counts,
    lastRun: { ...lastRun, titles },
    settledByHour: sortByTime(byHour),
    recent: sortByTime(recent),
  };
}

/** How many of its titles were settled before the hour began in which `ms` lies. */
export function settledBefore({ settledByHour }: ManifestSummary, ms: number): number {
  const hour = Math.floor(ms / HOUR_MS);
  return sumCounts(settledByHour.filter(([time]) => time < hour));
}

/** The titles of all pieces of time together. */
function sumCounts(counts: readonly TimeCount[]): number {
  return counts.reduce((sum, [, titles]) => sum + titles, 0);
}

function increase(counts: Map<number, number>, time: number): void {
  counts.set(time, (counts.get(time) ?? 0) + 1);
}

function sortByTime(counts: ReadonlyMap<number, number>): TimeCount[] {
  return [...counts].sort(([a], [b]) => a - b);
}
