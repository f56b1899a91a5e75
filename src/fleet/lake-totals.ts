import { type FailureGroup, mergeFailures } from '../download/failures.ts';
import { type Counts, NO_COUNTS } from '../download/manifest.ts';
import { yearFlags } from './filters.ts';
import type { ManifestSummary, MissingReviews } from './manifest-summary.ts';
import { lacksParts } from './missing-parts.ts';

/** Totals of the whole lake. */
export interface LakeTotals {
  readonly partitions: number;
  readonly complete: number;
  readonly counts: Counts;
}

/** The failed titles of the whole lake. */
export interface LakeFailures {
  readonly titles: number;
  /** The most frequent reasons, at most five. */
  readonly reasons: readonly FailureGroup[];
}

/** Reviews of the whole lake that TMDB counts but did not return. */
export interface LakeMissingReviews extends MissingReviews {
  /** The command that asks TMDB for them again. It may stay without effect: TMDB's totals can be too high. */
  readonly command: string;
}

const MAX_REASONS = 5;

/** Adds up the failed titles of a lake. */
export function sumUpFailures(summaries: Iterable<ManifestSummary>): LakeFailures {
  const all = [...summaries];
  return {
    titles: all.reduce((sum, { counts }) => sum + counts.failed, 0),
    reasons: mergeFailures(all.flatMap(({ failures }) => failures)).slice(0, MAX_REASONS),
  };
}

/** Adds up the manifests of a lake. */
export function sumUpLake(summaries: Iterable<ManifestSummary>): LakeTotals {
  const counts = { ...NO_COUNTS };
  let partitions = 0;
  let complete = 0;
  for (const summary of summaries) {
    for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] += summary.counts[name];
    partitions += 1;
    if (summary.complete) complete += 1;
  }
  return { partitions, complete, counts };
}

/** Adds up the missing reviews of a lake. They are not a problem, since TMDB's totals can be too high permanently. */
export function sumUpMissingReviews(
  summaries: Iterable<ManifestSummary>,
  nowMs: number,
): LakeMissingReviews | undefined {
  const incomplete = [...summaries].filter(({ missingReviews }) => missingReviews.movies > 0);
  if (incomplete.length === 0) return undefined;
  return {
    movies: incomplete.reduce((sum, { missingReviews }) => sum + missingReviews.movies, 0),
    reviews: incomplete.reduce((sum, { missingReviews }) => sum + missingReviews.reviews, 0),
    command: `tdd launch --failed${yearFlags(incomplete, nowMs)}`,
  };
}

/** Counts the complete partitions of a lake that have no parts. They are not a problem: an export writes them. */
export function countWithoutParts(summaries: Iterable<ManifestSummary>): number {
  return [...summaries].filter(lacksParts).length;
}
