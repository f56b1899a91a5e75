import { areSameSettings, countDone } from '../download/manifest.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import { countDoneBefore, type ManifestSummary } from './manifest-summary.ts';

/** The conditions under which a fleet counts a partition as complete. */
export interface FleetTerms {
  /** The UTC day of its list of titles. */
  readonly snapshot: string;
  readonly settings: LookupSettings;
  /** ISO instant: titles downloaded earlier count as not done. A full hour, because summaries count by the hour. */
  readonly redoBefore?: string | undefined;
  /** For a launch that asks again for missing reviews: its run, and the ISO instant since which another run has asked. */
  readonly asksAgain?: { readonly run: string; readonly since: string } | undefined;
}

/** The progress of a partition by a fleet's terms. */
interface PartitionJudgement {
  readonly state: 'complete' | 'failedTitles' | 'partial' | 'notBegun';
  /** Completed titles. */
  readonly done: number;
  readonly failed: number;
  /** Titles still to look up, including failed ones. */
  readonly left: number;
}

/**
 * Derives the state of a partition from its manifest. Titles downloaded with other settings count as not done. A complete
 * manifest of another list (an older one, or one with other title types) counts as complete if that list has the same titles
 * in this partition; if one of the two lists is from an earlier version without hashes, the same number of titles.
 * @param listed the number of titles that the fleet's list has in this partition, and the hash of their IDs.
 */
export function judgePartition(
  summary: ManifestSummary | undefined,
  { titles, idHash }: { readonly titles: number; readonly idHash?: string | undefined },
  terms: FleetTerms,
): PartitionJudgement {
  if (summary === undefined || !areSameSettings(summary.settings, terms.settings)) {
    return { state: 'notBegun', done: 0, failed: 0, left: titles };
  }
  const { counts } = summary;
  const stale = terms.redoBefore === undefined ? 0 : countDoneBefore(summary, Date.parse(terms.redoBefore));
  const hasSameTitles =
    summary.idHash === undefined || idHash === undefined
      ? counts.titles === titles
      : summary.idHash === idHash;
  const isOfThisList = summary.snapshot > terms.snapshot || hasSameTitles;
  const incomplete = isStillToAsk(summary, terms) ? summary.missingReviews.movies : 0;
  if (summary.complete && stale === 0 && incomplete === 0 && isOfThisList) {
    return { state: 'complete', done: titles, failed: 0, left: 0 };
  }
  // The partition is not complete, so at least one title is left, even if an older list had more titles; none if all have
  // left it, which a run has yet to record.
  const most = Math.max(0, titles - 1);
  const done = Math.min(Math.max(0, countDone(counts) - stale - incomplete), most);
  const state = counts.failed > 0 ? 'failedTitles' : done > 0 ? 'partial' : 'notBegun';
  return { state, done, failed: counts.failed, left: titles - done };
}

/** Whether no run has asked again for the missing reviews of a partition since the launch. */
function isStillToAsk({ lastRun }: ManifestSummary, { asksAgain }: FleetTerms): boolean {
  if (asksAgain === undefined) return false;
  return lastRun.run !== asksAgain.run && lastRun.startedAt < asksAgain.since;
}
