import { shorten } from '../text.ts';
import type { TitleState } from './manifest.ts';

/** Titles that failed for the same reason. Its size does not depend on the number of titles. */
export interface FailureGroup {
  /** The reason in the manifest, shortened. */
  readonly reason: string;
  /** How many titles failed for this reason. */
  readonly titles: number;
  /** Some of their IMDb IDs, at most three. */
  readonly examples: readonly string[];
}

const MAX_EXAMPLES = 3;
const MAX_REASON = 100;

/**
 * Groups titles that failed, or that TMDB refused, by reason: the most frequent first.
 * @param titles IMDb IDs and the states of the titles; titles in other states are ignored.
 */
export function groupFailures(
  titles: Iterable<readonly [imdbId: string, title: TitleState | undefined]>,
  state: 'failed' | 'refused' = 'failed',
): FailureGroup[] {
  const groups: FailureGroup[] = [];
  for (const [imdbId, title] of titles) {
    if (title?.state === state && 'reason' in title)
      groups.push({ reason: shorten(String(title.reason), MAX_REASON), titles: 1, examples: [imdbId] });
  }
  return mergeFailures(groups);
}

/** Adds up groups with the same reason: the most frequent first. */
export function mergeFailures(groups: Iterable<FailureGroup>): FailureGroup[] {
  const byReason = new Map<string, FailureGroup>();
  for (const { reason, titles, examples } of groups) {
    const known = byReason.get(reason);
    byReason.set(reason, {
      reason,
      titles: titles + (known?.titles ?? 0),
      examples: [...(known?.examples ?? []), ...examples].slice(0, MAX_EXAMPLES),
    });
  }
  return [...byReason.values()].sort((a, b) => b.titles - a.titles);
}
