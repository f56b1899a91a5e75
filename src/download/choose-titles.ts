import type { Title } from '../imdb/partition-index.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import { areSameSettings, isDone, type Manifest, type TitleState } from './manifest.ts';

/** Which of a partition's titles to look up. */
export interface Choice {
  /** ISO instant: what was fetched earlier counts as not fetched. */
  readonly redoBefore?: string | undefined;
  /** Only these IMDb ids. */
  readonly only?: ReadonlySet<string> | undefined;
  /** At most this many. */
  readonly limit?: number | undefined;
}

/**
 * The states from earlier runs that are still valid: none when the settings differ. Ids that have left the partition
 * since are marked, unless this list of titles is older than the manifest's.
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

/** The titles to look up, in the index's order: settled ones are skipped, failed ones retried. */
export function chooseTitles(
  titles: readonly Title[],
  known: ReadonlyMap<string, TitleState>,
  { redoBefore, only, limit }: Choice,
): Title[] {
  const redoBeforeMs = redoBefore === undefined ? Number.NEGATIVE_INFINITY : Date.parse(redoBefore);
  const open = titles.filter(({ imdbId }) => {
    if (only && !only.has(imdbId)) return false;
    const title = known.get(imdbId);
    return !title || !isDone(title) || Date.parse(title.at) < redoBeforeMs;
  });
  return limit === undefined ? open : open.slice(0, limit);
}
