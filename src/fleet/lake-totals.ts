import { type FailureGroup, mergeFailures } from '../download/failures.ts';
import { type Counts, NO_COUNTS } from '../download/manifest.ts';
import type { ManifestSummary } from './manifest-summary.ts';

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
