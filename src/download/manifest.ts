import type { Partition } from '../partition.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';

/** What is known of one IMDb id. `at` is an ISO instant. */
export type TitleState =
  | {
      readonly state: 'found';
      readonly tmdbId: number;
      /** How many reviews the lake has of it. */
      readonly reviews: number;
      readonly at: string;
      /** The IMDb id that owns the document, when TMDB has one movie for both. */
      readonly duplicateOf?: string;
    }
  | { readonly state: 'notFound'; readonly at: string }
  /** TMDB's answer will not change. */
  | { readonly state: 'refused'; readonly reason: string; readonly at: string }
  | { readonly state: 'failed'; readonly reason: string; readonly tries: number; readonly at: string }
  /** No longer in the partition; its documents stay. */
  | { readonly state: 'left'; readonly at: string };

/** How a run has ended, or `running` in a checkpoint. */
export type Outcome =
  | 'running'
  /** Every title of the partition is settled. */
  | 'complete'
  /** It did what it was asked to do; other titles are not done. */
  | 'partial'
  /** Some titles failed. */
  | 'failedTitles'
  /** Stopped from outside: Ctrl-C, a deadline. */
  | 'stopped'
  | 'outage'
  | 'keyRefused'
  /** The lake refused, or a bug. */
  | 'error';

/** How many titles of a partition are in which state. */
export interface Counts {
  /** How many titles the index lists. */
  readonly titles: number;
  readonly found: number;
  readonly notFound: number;
  readonly refused: number;
  readonly failed: number;
  /** Reviews in the lake. */
  readonly reviews: number;
}

/** The latest run that has written the manifest. */
export interface LastRun {
  readonly run: string;
  readonly startedAt: string;
  /** When it ended, or when the checkpoint was written. */
  readonly endedAt: string;
  readonly outcome: Outcome;
  /** Sent to TMDB. */
  readonly requests: number;
}

/** What is known of one partition in the lake; see `manifestKey`. */
export interface Manifest {
  readonly partition: Partition;
  /** The UTC day of the newest list of titles that a run has used; see {@link laterDay}. */
  readonly snapshot: string;
  readonly settings: LookupSettings;
  /** Every title that the index lists is found, not found or refused. */
  readonly complete: boolean;
  readonly counts: Counts;
  readonly lastRun: LastRun;
  readonly titles: Readonly<Record<string, TitleState>>;
}

/** Counts of nothing. */
export const NO_COUNTS: Counts = { titles: 0, found: 0, notFound: 0, refused: 0, failed: 0, reviews: 0 };

/** How many titles are settled: found, not found or refused. */
export function countDone({
  found,
  notFound,
  refused,
}: Pick<Counts, 'found' | 'notFound' | 'refused'>): number {
  return found + notFound + refused;
}

/** The later of two UTC days: a message that waited has an older list, which must not replace a newer one. */
export function laterDay(a: string, b: string): string {
  return a > b ? a : b;
}

/** Whether there is nothing left to ask TMDB about this title. */
export function isDone(title: TitleState | undefined): boolean {
  return title?.state === 'found' || title?.state === 'notFound' || title?.state === 'refused';
}

/**
 * Recounts a manifest's titles, and whether it is complete.
 * @param listed the ids that the index lists: others (left, or of a newer list) do not count.
 */
export function completeManifest(manifest: Manifest, listed: ReadonlySet<string>): Manifest {
  const counts = { ...NO_COUNTS, titles: listed.size };
  for (const [imdbId, title] of Object.entries(manifest.titles)) {
    if (title.state === 'left' || !listed.has(imdbId)) continue;
    counts[title.state] += 1;
    if (title.state === 'found' && title.duplicateOf === undefined) counts.reviews += title.reviews;
  }
  return { ...manifest, counts, complete: countDone(counts) === counts.titles };
}

/** Whether documents fetched under these settings are the same. */
export function areSameSettings(a: LookupSettings, b: LookupSettings): boolean {
  return (
    a.lookup === b.lookup &&
    a.language === b.language &&
    a.reviewLanguage === b.reviewLanguage &&
    [...a.append].sort().join() === [...b.append].sort().join()
  );
}

/**
 * Merges what two runs of one partition know. Of each IMDb id the later state wins, at the same instant `found` over
 * `failed`. What was fetched under other settings than ours counts as not fetched.
 * @param theirs what the lake has.
 * @param ours what is to be written; its settings and last run are kept.
 * @param listed the ids that ours' index lists.
 */
export function mergeManifests(theirs: Manifest, ours: Manifest, listed: ReadonlySet<string>): Manifest {
  if (!areSameSettings(theirs.settings, ours.settings)) return ours;
  const titles: Record<string, TitleState> = { ...theirs.titles };
  for (const [imdbId, title] of Object.entries(ours.titles)) titles[imdbId] = laterOf(titles[imdbId], title);
  return completeManifest({ ...ours, snapshot: laterDay(theirs.snapshot, ours.snapshot), titles }, listed);
}

/** The later of two states of one title; at the same instant `found` wins over `failed`. */
export function laterOf(theirs: TitleState | undefined, ours: TitleState): TitleState {
  if (!theirs || ours.at > theirs.at) return ours;
  if (ours.at < theirs.at) return theirs;
  return ours.state === 'failed' ? theirs : ours;
}
