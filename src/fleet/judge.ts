import { areSameSettings, countDone } from '../download/manifest.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import { countDoneBefore, type ManifestSummary } from './manifest-summary.ts';

/** What a fleet asks of every partition. */
export interface FleetTerms {
  /** The UTC day of its list of titles. */
  readonly snapshot: string;
  readonly settings: LookupSettings;
  /** ISO instant: what was fetched earlier counts as not fetched. On a full hour, as summaries count by hours. */
  readonly redoBefore?: string | undefined;
}

/** How far a partition is, by a fleet's terms. */
interface PartitionJudgement {
  readonly state: 'complete' | 'failedTitles' | 'partial' | 'notBegun';
  /** Titles for which nothing is left to ask. */
  readonly done: number;
  readonly failed: number;
  /** Titles to ask for, failed ones among them. */
  readonly left: number;
}

/**
 * Judges a partition by what its manifest says. What was fetched under other settings counts as not fetched. A
 * complete manifest of another list of titles, of an older day or of the same one with other title types, is
 * believed as long as the number of titles is the same: which titles these are, only reading the rows would tell.
 * @param titles how many titles the fleet's list has in this partition.
 */
export function judgePartition(
  summary: ManifestSummary | undefined,
  titles: number,
  terms: FleetTerms,
): PartitionJudgement {
  if (summary === undefined || !areSameSettings(summary.settings, terms.settings)) {
    return { state: 'notBegun', done: 0, failed: 0, left: titles };
  }
  const { counts } = summary;
  const stale = terms.redoBefore === undefined ? 0 : countDoneBefore(summary, Date.parse(terms.redoBefore));
  const isOfThisList = summary.snapshot > terms.snapshot || counts.titles === titles;
  if (summary.complete && stale === 0 && isOfThisList) {
    return { state: 'complete', done: titles, failed: 0, left: 0 };
  }
  // Not complete, so something is left, even where an older list had more titles than this one.
  const done = Math.min(Math.max(0, countDone(counts) - stale), titles - 1);
  const state = counts.failed > 0 ? 'failedTitles' : done > 0 ? 'partial' : 'notBegun';
  return { state, done, failed: counts.failed, left: titles - done };
}
