import { isDeepStrictEqual } from 'node:util';
import type { LakeSource } from '../lake/source.ts';
import type { Partition } from '../partition.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import { CHECKPOINT_SECONDS } from '../worker-contract.ts';
import { haveSameContent, outdateParts, type Parts } from './manifest-parts.ts';
import { joinTitleTypes } from './title-types.ts';

/** The state of one IMDb ID. `at` is the ISO instant when it was recorded. */
export type TitleState =
  | {
      readonly state: 'found';
      readonly tmdbId: number;
      /** The number of its reviews in the lake. */
      readonly reviews: number;
      /** The IDs of these reviews. Absent: none, or an earlier version of this program has recorded the state. */
      readonly reviewIds?: readonly string[];
      /** How many more reviews TMDB counted than it returned. Absent: none. */
      readonly missingReviews?: number;
      readonly at: string;
      /** Set if TMDB has the same movie for two IMDb IDs: the other ID, which owns the documents. */
      readonly duplicateOf?: string;
    }
  | { readonly state: 'notFound'; readonly at: string }
  /** TMDB answered with a permanent error. */
  | { readonly state: 'refused'; readonly reason: string; readonly at: string }
  | { readonly state: 'failed'; readonly reason: string; readonly tries: number; readonly at: string }
  /** The snapshot no longer lists the ID in this partition. Its documents stay in the lake. */
  | { readonly state: 'left'; readonly at: string };

/** How a run ended; `running` in a checkpoint. */
export type Outcome =
  | 'running'
  /** Every title of the partition is done. */
  | 'complete'
  /** The run completed its selection, but other titles are not done. */
  | 'partial'
  /** Some titles failed. */
  | 'failedTitles'
  /** Stopped early, by Ctrl-C or a deadline. */
  | 'stopped'
  /** TMDB did not answer. */
  | 'outage'
  /** TMDB rejected the API key. */
  | 'keyRefused'
  /** An error of the lake, or a bug. */
  | 'error';

/** The number of titles of a partition in each state. */
export interface Counts {
  /** The number of titles that the index lists. */
  readonly titles: number;
  readonly found: number;
  readonly notFound: number;
  readonly refused: number;
  readonly failed: number;
  /** The number of reviews in the lake. */
  readonly reviews: number;
  /** The number of reviews that TMDB counted but did not return. Absent: none. */
  readonly missingReviews?: number;
}

/** The run that last wrote the manifest. */
export interface LastRun {
  readonly run: string;
  readonly startedAt: string;
  /** When the run ended or wrote the checkpoint. */
  readonly endedAt: string;
  readonly outcome: Outcome;
  /** The number of requests sent to TMDB. */
  readonly requests: number;
}

/** The record of one partition's download, stored in the lake under `manifestKey`. */
export interface Manifest {
  readonly partition: Partition;
  /** The UTC day of the newest snapshot that a run has used; see {@link laterDay}. */
  readonly snapshot: string;
  readonly settings: LookupSettings;
  /** IMDb's title types in the lists that runs have used. Absent: movies only, or an earlier version did not record them. */
  readonly titleTypes?: readonly string[];
  /** Where the titles and documents come from; manifests of earlier versions do not record it. */
  readonly source?: LakeSource;
  /** The hash of the IDs that the index lists (see `hashIds`); manifests of earlier versions have none. */
  readonly idHash?: string;
  /** Whether every title that the index lists is done. */
  readonly complete: boolean;
  readonly counts: Counts;
  readonly lastRun: LastRun;
  readonly titles: Readonly<Record<string, TitleState>>;
  /** Absent until the partition is complete for the first time, and in manifests of earlier versions. */
  readonly parts?: Parts;
}

/** All counts zero. */
export const NO_COUNTS = { titles: 0, found: 0, notFound: 0, refused: 0, failed: 0, reviews: 0 };

/** The number of titles that are done: found, not found or refused. */
export function countDone({
  found,
  notFound,
  refused,
}: Pick<Counts, 'found' | 'notFound' | 'refused'>): number {
  return found + notFound + refused;
}

/** Returns the later of two UTC days. A message that waited may have an older snapshot, which must not replace a newer one. */
export function laterDay(a: string, b: string): string {
  return a > b ? a : b;
}

/** Whether the title has a final result, so that there is nothing left to request from TMDB. */
export function isDone(title: TitleState | undefined): boolean {
  return title?.state === 'found' || title?.state === 'notFound' || title?.state === 'refused';
}

/**
 * Recalculates the counts of a manifest and whether it is complete, and corrects the outcome of a run that is not.
 * @param listed the IDs that the index lists. Others, which have left or are from a newer snapshot, are not counted.
 */
export function completeManifest(manifest: Manifest, listed: ReadonlySet<string>): Manifest {
  const counts = { ...NO_COUNTS, titles: listed.size };
  let missingReviews = 0;
  for (const [imdbId, title] of Object.entries(manifest.titles)) {
    if (title.state === 'left' || !listed.has(imdbId)) continue;
    counts[title.state] += 1;
    if (title.state !== 'found' || title.duplicateOf !== undefined) continue;
    counts.reviews += title.reviews;
    missingReviews += countMissingReviews(title);
  }
  const complete = countDone(counts) === counts.titles;
  const completed = {
    ...manifest,
    counts: { ...counts, ...(missingReviews > 0 && { missingReviews }) },
    complete,
  };
  const { lastRun } = manifest;
  if (complete || lastRun.outcome !== 'complete') return completed;
  // Another run has changed titles that this one had completed.
  const outcome = counts.failed > 0 ? 'failedTitles' : 'partial';
  return { ...completed, lastRun: { ...lastRun, outcome } };
}

/**
 * Gives the IDs that share a movie the reviews of the one that was downloaded last: the lake has its documents, and they stay
 * when that ID leaves.
 */
export function shareReviews(titles: Readonly<Record<string, TitleState>>): Record<string, TitleState> {
  const last = new Map<number, Extract<TitleState, { state: 'found' }>>();
  for (const title of Object.values(titles)) {
    if (title.state !== 'found') continue;
    const other = last.get(title.tmdbId);
    if (!other || title.at > other.at) last.set(title.tmdbId, title);
  }
  const states = Object.entries(titles).map(([imdbId, title]) => {
    const source = title.state === 'found' ? last.get(title.tmdbId) : undefined;
    if (title.state !== 'found' || !source || source === title) return [imdbId, title];
    const { at, duplicateOf } = title;
    const { duplicateOf: _, ...shared } = source;
    return [imdbId, { ...shared, at, ...(duplicateOf !== undefined && { duplicateOf }) }];
  });
  return Object.fromEntries(states);
}

/** The number of reviews that TMDB counted for a title but did not return. Such a title is done, and can be asked for again. */
export function countMissingReviews(title: TitleState): number {
  return title.state === 'found' ? (title.missingReviews ?? 0) : 0;
}

/** Whether two settings produce the same documents. */
export function areSameSettings(a: LookupSettings, b: LookupSettings): boolean {
  return (
    a.lookup === b.lookup &&
    a.language === b.language &&
    a.reviewLanguage === b.reviewLanguage &&
    [...a.append].sort().join() === [...b.append].sort().join()
  );
}

/**
 * Merges the manifests of two concurrent runs on one partition. For each IMDb ID the later state wins; at the same instant
 * any state wins over `failed`. Both must have the same settings. Of two parts it keeps those in the lake's manifest. A title
 * that has another state there is outdated, and so is each that this run may have written, unless both have the same parts.
 * If this run has just written the same parts as another that has ended, only the titles are outdated whose states differ from
 * those that the parts were composed from: the other run has recorded all that it has written.
 * @param theirs the manifest in the lake.
 * @param ours the manifest to write; its settings and last run are kept.
 * @param listed the IDs that our index lists.
 * @param written the IDs whose documents this run may have written.
 * @param composed the parts that this run has just written, and the titles that they were composed from, if it has.
 */
export function mergeManifests(
  theirs: Manifest,
  ours: Manifest,
  listed: ReadonlySet<string>,
  written: readonly string[] = [],
  composed?: { readonly parts: Parts; readonly titles: Manifest['titles'] },
): Manifest {
  const later: Record<string, TitleState> = { ...theirs.titles };
  for (const [imdbId, title] of Object.entries(ours.titles)) later[imdbId] = laterState(later[imdbId], title);
  const titles = shareReviews(later);
  const snapshot = laterDay(theirs.snapshot, ours.snapshot);
  const isAgreed = ours.parts !== undefined && isDeepStrictEqual(theirs.parts, ours.parts);
  const also = isAgreed ? [] : written;
  const hasEnded = theirs.lastRun.outcome !== 'running';
  const parts =
    hasEnded && composed && haveSameContent(theirs.parts, composed.parts)
      ? outdateParts(composed.parts, composed.titles, titles)
      : (outdateParts(theirs.parts, theirs.titles, titles, also) ??
        outdateParts(ours.parts, ours.titles, titles, also));
  const types = joinTitleTypes(theirs.titleTypes, ours.titleTypes);
  return completeManifest({ ...ours, ...types, snapshot, titles, ...(parts && { parts }) }, listed);
}

/**
 * Marks titles as failed in the manifest of a run with other settings, because this run has overwritten their documents.
 * @param theirs the manifest in the lake; its settings and last run are kept.
 * @param ours the manifest of this run, which gives the time.
 * @param imdbIds the titles whose documents this run has overwritten.
 * @param listed the IDs that our index lists.
 */
export function markOverwritten(
  theirs: Manifest,
  ours: Manifest,
  imdbIds: ReadonlySet<string>,
  listed: ReadonlySet<string>,
): Manifest {
  // Later than any state that the other run has recorded meanwhile, even if its clock is ahead.
  const atMs = Math.max(
    Date.parse(ours.lastRun.endedAt),
    Date.parse(theirs.lastRun.endedAt) + LATEST_CHECKPOINT_MS,
  );
  const reason = 'a run with other settings has overwritten its documents';
  const failed = { state: 'failed', reason, tries: 1, at: new Date(atMs).toISOString() } as const;
  const titles: Record<string, TitleState> = { ...theirs.titles };
  // IDs that share a movie share its documents.
  const movies = new Set([...imdbIds].flatMap((imdbId) => movieOf(ours.titles[imdbId]) ?? []));
  for (const [imdbId, title] of Object.entries(titles)) {
    const tmdbId = movieOf(title);
    if (tmdbId !== undefined && movies.has(tmdbId)) titles[imdbId] = failed;
  }
  for (const imdbId of imdbIds) titles[imdbId] = failed;
  const parts = outdateParts(theirs.parts, theirs.titles, titles);
  const { idHash } = ours;
  return completeManifest(
    { ...theirs, titles, ...(parts && { parts }), ...(idHash !== undefined && { idHash }) },
    listed,
  );
}

/** A running download has written its manifest within this time. */
const LATEST_CHECKPOINT_MS = 2 * CHECKPOINT_SECONDS * 1_000;

function movieOf(title: TitleState | undefined): number | undefined {
  return title?.state === 'found' ? title.tmdbId : undefined;
}

/** The ISO instant of a state that replaces `before`: later than that, even if the clock of the earlier run was ahead. */
export function instantAfter(before: TitleState | undefined, nowMs: number): string {
  const beforeMs = Date.parse(before?.at ?? '') || 0;
  return new Date(Math.max(nowMs, beforeMs + 1)).toISOString();
}

/**
 * Returns the later of two states of one title; at the same instant any state wins over `failed`. It keeps `duplicateOf` of the
 * other one, whose run may have given the documents of this movie to that ID: the run then checks them.
 */
export function laterState(theirs: TitleState | undefined, ours: TitleState): TitleState {
  if (!theirs) return ours;
  const isOurs = ours.at === theirs.at ? ours.state !== 'failed' : ours.at > theirs.at;
  const [later, earlier] = isOurs ? [ours, theirs] : [theirs, ours];
  if (later.state !== 'found' || earlier.state !== 'found') return later;
  const { duplicateOf } = earlier;
  const isSameMovie = later.tmdbId === earlier.tmdbId;
  return isSameMovie && duplicateOf !== undefined && !later.duplicateOf ? { ...later, duplicateOf } : later;
}
