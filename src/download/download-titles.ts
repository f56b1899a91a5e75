import type { Clock } from '../clock.ts';
import type { FollowingSignal } from '../follow-signal.ts';
import type { Title } from '../imdb/partition-index.ts';
import type { Lake } from '../lake/lake.ts';
import type { SourceClaim } from '../lake/source.ts';
import type { Partition } from '../partition.ts';
import type { TmdbClient } from '../tmdb/client.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import { lacksOnlyReviews, type TitleSelection } from './choose-titles.ts';
import { saveDocuments } from './documents.ts';
import type { DownloadProgress } from './download-report.ts';
import { createTitleLookUp } from './look-up-title.ts';
import { instantAfter, type TitleState } from './manifest.ts';
import type { ManifestWriter } from './manifest-writer.ts';
import type { OverlappingDownload } from './overlap.ts';

/** The counts of a run's titles, which {@link downloadTitles} updates. */
export type Tally = {
  -readonly [Name in Exclude<keyof DownloadProgress, 'total' | 'requests' | 'throttled'>]: number;
};

/**
 * Downloads the titles of a partition, as many at once as the overlap allows, and writes checkpoints.
 * @param deps.failedTitle is aborted when a title throws: the titles in progress are then abandoned.
 * @param deps.stopping when aborted, no title begins.
 * @param state.known the title states by IMDb ID, which are updated.
 * @param state.touched receives the IDs that have been looked up.
 * @returns the error that a title threw, if one did: one of TMDB or of the lake, or a bug.
 */
export async function downloadTitles(
  {
    lake,
    tmdb,
    clock,
    manifest,
    share,
    failedTitle,
    stopping,
  }: {
    readonly lake: Lake;
    readonly tmdb: TmdbClient;
    readonly clock: Clock;
    readonly manifest: ManifestWriter;
    readonly share: OverlappingDownload;
    readonly failedTitle: FollowingSignal;
    readonly stopping: AbortSignal;
  },
  job: Pick<TitleSelection, 'redoBefore'> & {
    readonly partition: Partition;
    readonly settings: LookupSettings;
    readonly source?: SourceClaim;
  },
  {
    todo,
    known,
    touched,
    tally,
  }: {
    readonly todo: readonly Title[];
    readonly known: Map<string, TitleState>;
    readonly touched: Set<string>;
    readonly tally: Tally;
  },
  {
    onProgress,
    onTitleError,
  }: {
    readonly onProgress: () => void;
    readonly onTitleError: ((imdbId: string, error: unknown) => void) | undefined;
  },
): Promise<unknown> {
  const { signal } = failedTitle;
  const lookUp = createTitleLookUp(tmdb, job, onTitleError);
  let problem: unknown;
  await share.forEach(todo, processTitle, stopping);
  return problem;

  async function processTitle({ imdbId }: Title, lookedUp: () => void): Promise<void> {
    try {
      record(imdbId, await download(imdbId, lookedUp));
      onProgress();
      await manifest.checkpoint();
    } catch (error) {
      if (signal.aborted) return;
      problem = error;
      failedTitle.abort(error);
    }
  }

  function record(imdbId: string, title: Exclude<TitleState, { state: 'left' }>): void {
    const before = known.get(imdbId);
    tally.done += 1;
    // A movie that was asked for again because of its missing reviews stays done, and they stay missing.
    if (title.state === 'failed' && before && lacksOnlyReviews(before, job)) return;
    if (title.state === 'found') tally.reviews += title.reviews;
    tally[title.state] += 1;
    known.set(imdbId, title);
    touched.add(imdbId);
  }

  async function download(
    imdbId: string,
    lookedUp: () => void,
  ): Promise<Exclude<TitleState, { state: 'left' }>> {
    const { documents, ...title } = await lookUp(imdbId, signal);
    lookedUp();
    if (title.state !== 'failed') await job.source?.claim(signal); // TMDB has answered.
    if (documents.length > 0) {
      await manifest.claim(imdbId);
      await saveDocuments({ lake, texts: share.texts }, documents, signal);
    }
    return { ...title, at: instantAfter(known.get(imdbId), clock.now()) };
  }
}
