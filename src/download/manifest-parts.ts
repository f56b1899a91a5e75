import { isDeepStrictEqual } from 'node:util';
import type { PartRecord } from '../tables/part.ts';

/** The parts of a partition, as its manifest records them. They were written when the partition was complete. */
export interface Parts {
  readonly movies: PartRecord;
  readonly reviews: PartRecord;
  /** The IMDb IDs whose state or documents have changed since then, sorted. Absent: none, so the parts are current. */
  readonly outdated?: readonly string[];
}

/** Whether a partition has its parts: it is complete, and its parts are current. */
export function hasParts({
  complete,
  parts,
}: {
  readonly complete: boolean;
  readonly parts?: Parts | undefined;
}): boolean {
  return complete && parts !== undefined && (parts.outdated ?? []).length === 0;
}

/** Whether two parts have the same bytes, whatever is outdated in them. */
export function haveSameContent(a: Parts | undefined, b: Parts): boolean {
  return a?.movies.sha256 === b.movies.sha256 && a.reviews.sha256 === b.reviews.sha256;
}

/**
 * Marks the titles that have changed since the parts were written as outdated.
 * @param parts of the manifest with the titles `before`.
 * @param after the titles now.
 * @param alsoOutdated further IDs whose documents may have changed.
 */
export function outdateParts(
  parts: Parts | undefined,
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  alsoOutdated: Iterable<string> = [],
): Parts | undefined {
  if (parts === undefined) return undefined;
  const outdated = new Set([...(parts.outdated ?? []), ...alsoOutdated]);
  for (const imdbId of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const [then, now] = [before[imdbId], after[imdbId]];
    if (then !== now && !isDeepStrictEqual(then, now)) outdated.add(imdbId);
  }
  return outdated.size === 0 ? parts : { ...parts, outdated: [...outdated].sort() };
}
