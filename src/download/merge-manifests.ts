import { areSameSettings, completeManifest, laterDay, type Manifest, type TitleState } from './manifest.ts';

/**
 * What two runs of one partition know together. By IMDb id the later word counts, at the same instant `found`
 * before `failed`. What was fetched under other settings than ours counts as not fetched.
 * @param theirs what the lake has.
 * @param ours what is to be written; its settings and last run stand.
 * @param listed the ids that ours' index lists.
 */
export function mergeManifests(theirs: Manifest, ours: Manifest, listed: ReadonlySet<string>): Manifest {
  if (!areSameSettings(theirs.settings, ours.settings)) return ours;
  const titles: Record<string, TitleState> = { ...theirs.titles };
  for (const [imdbId, title] of Object.entries(ours.titles)) titles[imdbId] = laterOf(titles[imdbId], title);
  return completeManifest({ ...ours, snapshot: laterDay(theirs.snapshot, ours.snapshot), titles }, listed);
}

/** The later word of two on one title, at the same instant `found` before `failed`. */
export function laterOf(theirs: TitleState | undefined, ours: TitleState): TitleState {
  if (!theirs || ours.at > theirs.at) return ours;
  if (ours.at < theirs.at) return theirs;
  return ours.state === 'failed' ? theirs : ours;
}
