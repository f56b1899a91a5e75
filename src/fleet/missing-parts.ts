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

/** Whether IMDb's list no longer has titles in a partition, while its manifest still counts some. */
export function isVacated(titles: number, summary: ManifestSummary | undefined): boolean {
  return titles === 0 && summary !== undefined && summary.counts.titles > 0;
}

/**
 * Whether a run may have something to do in a partition. A manifest of an earlier version without a hash may be of other
 * titles, although it has as many.
 * @param partition the number of titles in IMDb's list and to look up, and the hash of the IDs in the list.
 */
export function hasWork(
  {
    titles,
    left,
    idHash,
  }: { readonly titles: number; readonly left: number; readonly idHash?: string | undefined },
  summary: ManifestSummary | undefined,
): boolean {
  if (left > 0 || isVacated(titles, summary) || lacksParts(summary)) return true;
  return summary?.idHash === undefined || idHash === undefined;
}
