import { type FailureGroup, groupFailures } from '../download/failures.ts';
import {
  type Counts,
  countMissingReviews,
  isDone,
  type Manifest,
  type Outcome,
} from '../download/manifest.ts';
import { hasParts } from '../download/manifest-parts.ts';
import type { ETag } from '../lake/lake.ts';
import type { Partition } from '../partition.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';

/** The facts of a manifest that a fleet needs. Its size does not depend on the number of titles. */
export interface ManifestSummary {
  readonly partition: Partition;
  /** The UTC day of the list of titles. */
  readonly snapshot: string;
  readonly settings: LookupSettings;
  /** IMDb's title types in the lists of its runs; absent as in a manifest. */
  readonly titleTypes?: readonly string[];
  readonly complete: boolean;
  /** Whether the partition is complete and has its parts. */
  readonly hasParts: boolean;
  /** The hash of the IDs in the list of titles; absent in manifests of earlier versions. */
  readonly idHash?: string;
  readonly counts: Counts;
  /** The most frequent reasons why titles failed. */
  readonly failures: readonly FailureGroup[];
  readonly missingReviews: MissingReviews;
  readonly lastRun: Manifest['lastRun'] & {
    /** The number of titles that are done or failed. */
    readonly titles: number;
  };
  /** Titles completed per hour (hours since the Unix epoch), ascending. */
  readonly doneByHour: readonly TimeCount[];
  /** Titles completed recently, per ten seconds (tens of seconds since the epoch), ascending. */
  readonly recent: readonly TimeCount[];
}

/** The reviews that TMDB counts but does not return. */
export interface MissingReviews {
  /** The number of movies that lack reviews. */
  readonly movies: number;
  readonly reviews: number;
}

/** Summaries of all manifests of a lake. */
export interface ManifestSummaries {
  /** By {@link partitionName}. */
  readonly byPartition: ReadonlyMap<string, ManifestSummary>;
  /** Partitions whose manifest is damaged. */
  readonly unreadable: readonly Partition[];
  /** Partitions whose manifest was written by a newer version of this program. */
  readonly newer: readonly Partition[];
  /** The number of manifests that were read from the lake; the others were in the cache. */
  readonly read: number;
}

/** A time bucket (its number since the Unix epoch) and the number of titles completed in it. */
type TimeCount = readonly [time: number, titles: number];

/** The length of a bucket of {@link ManifestSummary.doneByHour}. */
export const HOUR_MS = 3_600_000;
/** The length of a bucket of {@link ManifestSummary.recent}. */
export const RECENT_STEP_MS = 10_000;
/** {@link ManifestSummary.recent} omits titles completed longer ago than this. */
const RECENT_MS = 600_000;

/** How many reasons a summary keeps. */
const MAX_REASONS = 3;

/** Summarizes a manifest. @param nowMs the current time, which determines the recent titles. */
export function summarizeManifest(manifest: Manifest, nowMs: number): ManifestSummary {
  const { partition, snapshot, settings, titleTypes, complete, idHash, counts, lastRun } = manifest;
  const byHour = new Map<number, number>();
  const recent = new Map<number, number>();
  const startedMs = Date.parse(lastRun.startedAt);
  const missingReviews = { movies: 0, reviews: 0 };
  let titles = 0;
  for (const title of Object.values(manifest.titles)) {
    if (title.state === 'left') continue;
    const atMs = Date.parse(title.at);
    if (atMs >= startedMs) titles += 1;
    if (!isDone(title)) continue;
    const isDuplicate = title.state === 'found' && title.duplicateOf !== undefined;
    const missing = isDuplicate ? 0 : countMissingReviews(title);
    if (missing > 0) missingReviews.movies += 1;
    missingReviews.reviews += missing;
    increase(byHour, Math.floor(atMs / HOUR_MS));
    if (atMs > nowMs - RECENT_MS) increase(recent, Math.floor(atMs / RECENT_STEP_MS));
  }
  return {
    partition,
    snapshot,
    settings,
    ...(titleTypes !== undefined && { titleTypes }),
    complete,
    hasParts: hasParts(manifest),
    ...(idHash !== undefined && { idHash }),
    counts,
    failures: groupFailures(Object.entries(manifest.titles)).slice(0, MAX_REASONS),
    missingReviews,
    lastRun: { ...lastRun, titles },
    doneByHour: sortByTime(byHour),
    recent: sortByTime(recent),
  };
}

/** Counts the titles completed before the hour that contains `ms`. */
export function countDoneBefore({ doneByHour }: ManifestSummary, ms: number): number {
  const hour = Math.floor(ms / HOUR_MS);
  return sumCounts(doneByHour.filter(([time]) => time < hour));
}

/** Adds up the titles of all buckets. */
function sumCounts(counts: readonly TimeCount[]): number {
  return counts.reduce((sum, [, titles]) => sum + titles, 0);
}

function increase(counts: Map<number, number>, time: number): void {
  counts.set(time, (counts.get(time) ?? 0) + 1);
}

function sortByTime(counts: ReadonlyMap<number, number>): TimeCount[] {
  return [...counts].sort(([a], [b]) => a - b);
}

/** A summary and the version (ETag) of its manifest. */
export interface VersionedSummary {
  readonly etag: ETag;
  readonly summary: ManifestSummary;
}

/** Increase it when the format changes: caches of another version are ignored. */
const CACHE_VERSION = 7;

type Row = [
  year: number,
  initial: string,
  etag: ETag,
  settings: number,
  snapshot: string,
  complete: 0 | 1,
  counts: number[],
  run: [run: string, startedAt: string, endedAt: string, outcome: Outcome, requests: number, titles: number],
  doneByHour: readonly TimeCount[],
  recent: readonly TimeCount[],
  failures: readonly FailureGroup[],
  missingReviews: readonly [movies: number, reviews: number],
  idHash: string | null,
  hasParts: 0 | 1,
  titleTypes: readonly string[] | null,
];

/** Encodes summaries as compact text, about 200 bytes per manifest. */
export function encodeSummaries(lakeUrl: string, summaries: Iterable<VersionedSummary>): string {
  const settings: string[] = [];
  const numberOf = new Map<string, number>();
  const rows: Row[] = [];
  for (const { etag, summary } of summaries) {
    const { partition, snapshot, complete, counts, failures, missingReviews, lastRun, doneByHour, recent } =
      summary;
    const text = JSON.stringify(summary.settings);
    const known = numberOf.get(text) ?? settings.push(text) - 1;
    numberOf.set(text, known);
    const { titles, found, notFound, refused, failed, reviews } = counts;
    const { run, startedAt, endedAt, outcome, requests } = lastRun;
    rows.push([
      partition.year,
      partition.initial,
      etag,
      known,
      snapshot,
      complete ? 1 : 0,
      [titles, found, notFound, refused, failed, reviews],
      [run, startedAt, endedAt, outcome, requests, lastRun.titles],
      doneByHour,
      recent,
      failures,
      [missingReviews.movies, missingReviews.reviews],
      summary.idHash ?? null,
      summary.hasParts ? 1 : 0,
      summary.titleTypes ?? null,
    ]);
  }
  return JSON.stringify({
    version: CACHE_VERSION,
    lakeUrl,
    settings: settings.map((text) => JSON.parse(text)),
    rows,
  });
}

/** Decodes the text that {@link encodeSummaries} wrote for this lake; returns an empty array for any other text. */
export function decodeSummaries(lakeUrl: string, text: string | undefined): VersionedSummary[] {
  if (text === undefined) return [];
  try {
    const cache: { version: number; lakeUrl: string; settings: LookupSettings[]; rows: Row[] } =
      JSON.parse(text);
    if (cache.version !== CACHE_VERSION || cache.lakeUrl !== lakeUrl) return [];
    return cache.rows.map((row) => decodeRow(row, cache.settings));
  } catch {
    return []; // A damaged cache counts as empty.
  }
}

function decodeRow(row: Row, allSettings: readonly LookupSettings[]): VersionedSummary {
  const [year, initial, etag, number, snapshot, complete, counts, lastRun] = row;
  const [, , , , , , , , doneByHour, recent, failures, [movies, missing], idHash, parts, titleTypes] = row;
  const [titles = 0, found = 0, notFound = 0, refused = 0, failed = 0, reviews = 0] = counts;
  const [run, startedAt, endedAt, outcome, requests, asked] = lastRun;
  const settings = allSettings[number];
  if (settings === undefined) throw new RangeError('The cache names settings that it lacks.');
  return {
    etag,
    summary: {
      partition: { year, initial },
      snapshot,
      settings,
      ...(titleTypes !== null && { titleTypes }),
      complete: complete === 1,
      hasParts: parts === 1,
      ...(idHash !== null && { idHash }),
      counts: { titles, found, notFound, refused, failed, reviews },
      failures,
      missingReviews: { movies, reviews: missing },
      lastRun: { run, startedAt, endedAt, outcome, requests, titles: asked },
      doneByHour,
      recent,
    },
  };
}
