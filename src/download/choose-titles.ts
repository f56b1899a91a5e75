import type { Title } from '../imdb/partition-index.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import { areSameSettings, isDone, type Manifest, type TitleState } from './manifest.ts';

/** Selects the titles of a partition that a run looks up. */
export interface TitleSelection {
  /** ISO instant: titles downloaded before it are downloaded again. */
  readonly redoBefore?: string | undefined;
  /** Selects only these IMDb IDs. */
  readonly only?: ReadonlySet<string> | undefined;
  /** The maximum number of titles. */
  readonly limit?: number | undefined;
}

/**
 * Returns the title states of earlier runs that are still valid: none if the settings differ. IDs that the snapshot no
 * longer lists are marked as `left`, unless the snapshot is older than the manifest's.
 * @param job.titles all titles that the index lists for the partition.
 * @param job.snapshot the UTC day of that index.
 * @param job.at ISO instant that is recorded for IDs that have left.
 * @returns the states by IMDb ID.
 */
export function keepKnownTitles(
  manifest: Manifest | undefined,
  {
    titles,
    snapshot,
    settings,
    at,
  }: { titles: readonly Title[]; snapshot: string; settings: LookupSettings; at: string },
): Map<string, TitleState> {
  const known = new Map<string, TitleState>();
  if (!manifest || !areSameSettings(manifest.settings, settings)) return known;
  const listed = new Set(titles.map(({ imdbId }) => imdbId));
  for (const [imdbId, title] of Object.entries(manifest.titles)) {
    const hasLeft = !listed.has(imdbId) && title.state !== 'left' && snapshot >= manifest.snapshot;
    known.set(imdbId, hasLeft ? { state: 'left', at } : title);
  }
  return known;
}

/** Selects the titles to look up, in the order of the index: done titles are skipped, failed ones are retried. */
export function chooseTitles(
  titles: readonly Title[],
  known: ReadonlyMap<string, TitleState>,
  { redoBefore, only, limit }: TitleSelection,
): Title[] {
  const redoBeforeMs = redoBefore === undefined ? Number.NEGATIVE_INFINITY : Date.parse(redoBefore);
  const pending = titles.filter(({ imdbId }) => {
    if (only && !only.has(imdbId)) return false;
    const title = known.get(imdbId);
    return !title || !isDone(title) || Date.parse(title.at) < redoBeforeMs;
  });
  return limit === undefined ? pending : pending.slice(0, limit);
}
