import { areSameSettings } from '../download/manifest.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import type { ManifestSummary } from './manifest-summary.ts';

/**
 * Whether a complete partition lacks its parts: an earlier version completed it, or they could not be written. A worker
 * then writes them; only a title whose document is damaged is downloaded again.
 */
export function lacksParts(summary: ManifestSummary | undefined): boolean {
  return summary?.complete === true && !summary.hasParts;
}

/**
 * The number of documents of earlier runs that a worker reads to write the parts of a partition. If the partition has them
 * already, it reads those instead.
 * @param settings the worker's: it downloads documents of other settings again.
 */
export function countDocumentsToRead(summary: ManifestSummary | undefined, settings: LookupSettings): number {
  if (summary === undefined || summary.hasParts || !areSameSettings(summary.settings, settings)) return 0;
  return summary.counts.found + summary.counts.reviews;
}

/**
 * Whether a run may have something to do in a partition. A manifest of an earlier version without a hash may be of other
 * titles, although it has as many.
 * @param partition the number of titles to look up, and the hash of the IDs in IMDb's list.
 */
export function hasWork(
  { left, idHash }: { readonly left: number; readonly idHash?: string | undefined },
  summary: ManifestSummary | undefined,
): boolean {
  return left > 0 || lacksParts(summary) || summary?.idHash === undefined || idHash === undefined;
}
