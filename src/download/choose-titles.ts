import type { Title } from '../imdb/partition-index.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import { areSameSettings, isSettled, type Manifest, type TitleState } from './manifest.ts';

/** Which of a partition's titles to ask for. */
export interface Choice {
  /** ISO instant: what was fetched earlier counts as not fetched. */
  readonly redoBefore?: string | undefined;
  /** Only these IMDb ids. */
  readonly only?: ReadonlySet<string> | undefined;
  /** At most so many. */
  readonly limit?: number | undefined;
}

/**
 * What an earlier run has left that still counts: nothing when it asked with other settings; ids that have left
 * the partition since are marked, unless the list of titles is older than the one that put them there.
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

/** The titles to ask for, in the index's order: settled ones are skipped, failed ones tried again. */
export function chooseTitles(
  titles: readonly Title[],
  known: ReadonlyMap<string, TitleState>,
  { redoBefore, only, limit }: Choice,
): Title[] {
  const redoBeforeMs = redoBefore === undefined ? Number.NEGATIVE_INFINITY : Date.parse(redoBefore);
  const open = titles.filter(({ imdbId }) => {
    if (only && !only.has(imdbId)) return false;
    const title = known.get(imdbId);
    return !title || !isSettled(title) || Date.parse(title.at) < redoBeforeMs;
  });
  return limit === undefined ? open : open.slice(0, limit);
}
