import type { Title } from '../imdb/partition-index.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import {
  areSameSettings,
  countMissingReviews,
  instantAfter,
  isDone,
  type Manifest,
  type TitleState,
} from './manifest.ts';
import { coversTitleTypes } from './title-types.ts';

/** Selects the titles of a partition that a run looks up. */
export interface TitleSelection {
  /** ISO instant: titles downloaded before it are downloaded again. */
  readonly redoBefore?: string | undefined;
  /** ISO instant: movies with missing reviews that were downloaded before it are downloaded again, after all others. */
  readonly redoIncompleteBefore?: string | undefined;
  /** Selects only these IMDb IDs. */
  readonly only?: ReadonlySet<string> | undefined;
  /** The maximum number of titles. */
  readonly limit?: number | undefined;
}

/**
 * Returns the title states of earlier runs that are still valid: none if the settings differ. IDs that the snapshot no
 * longer lists are marked as `left`, unless the snapshot is older than the manifest's or was read for fewer title types.
 * @param job.titles all titles that the index lists for the partition.
 * @param job.snapshot the UTC day of that index.
 * @param job.titleTypes IMDb's title types in that index.
 * @param job.nowMs the time that is recorded for IDs that have left, in milliseconds since the epoch.
 * @returns the states by IMDb ID.
 */
export function keepKnownTitles(
  manifest: Manifest | undefined,
  {
    titles,
    snapshot,
    titleTypes,
    settings,
    nowMs,
  }: {
    titles: readonly Title[];
    snapshot: string;
    titleTypes: readonly string[];
    settings: LookupSettings;
    nowMs: number;
  },
): Map<string, TitleState> {
  const known = new Map<string, TitleState>();
  if (!manifest || !areSameSettings(manifest.settings, settings)) return known;
  const listed = new Set(titles.map(({ imdbId }) => imdbId));
  const mayLeave = snapshot >= manifest.snapshot && coversTitleTypes(titleTypes, manifest.titleTypes);
  for (const [imdbId, title] of Object.entries(manifest.titles)) {
    const hasLeft = mayLeave && !listed.has(imdbId) && title.state !== 'left';
    known.set(imdbId, hasLeft ? { state: 'left', at: instantAfter(title, nowMs) } : title);
  }
  return known;
}

/**
 * Returns the titles that belong to the partition: if a run has used a newer list than this one, without those that have
 * left since. They would otherwise be found in two partitions.
 * @param known what {@link keepKnownTitles} returned.
 */
export function listTitles(
  manifest: Manifest | undefined,
  { titles, snapshot }: { readonly titles: readonly Title[]; readonly snapshot: string },
  known: ReadonlyMap<string, TitleState>,
): readonly Title[] {
  if (!manifest || snapshot >= manifest.snapshot) return titles;
  return titles.filter(({ imdbId }) => known.get(imdbId)?.state !== 'left');
}

/** Selects the titles to look up, in the order of the index: done titles are skipped, failed ones are retried. */
export function chooseTitles(
  titles: readonly Title[],
  known: ReadonlyMap<string, TitleState>,
  selection: TitleSelection,
): Title[] {
  const { redoBefore, redoIncompleteBefore, only, limit } = selection;
  const pending: Title[] = [];
  const incomplete: Title[] = [];
  for (const title of titles) {
    if (only && !only.has(title.imdbId)) continue;
    const state = known.get(title.imdbId);
    if (!state || !isDone(state) || isBefore(state.at, redoBefore)) pending.push(title);
    else if (lacksOnlyReviews(state, selection) && isBefore(state.at, redoIncompleteBefore))
      incomplete.push(title);
  }
  const chosen = [...pending, ...incomplete];
  return limit === undefined ? chosen : chosen.slice(0, limit);
}

/** Whether a movie needs only its missing reviews: those that TMDB counts but did not return. */
export function lacksOnlyReviews(
  state: TitleState,
  { redoBefore }: Pick<TitleSelection, 'redoBefore'>,
): boolean {
  return countMissingReviews(state) > 0 && !isBefore(state.at, redoBefore);
}

function isBefore(at: string, instant: string | undefined): boolean {
  return instant !== undefined && Date.parse(at) < Date.parse(instant);
}
