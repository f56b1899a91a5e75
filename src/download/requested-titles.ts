import { movieKey } from '../lake/keys.ts';
import type { Lake } from '../lake/lake.ts';
import type { Partition } from '../partition.ts';
import type { TitleState } from './manifest.ts';

/** The state of a title that was requested by its IMDb ID. */
export interface RequestedTitle {
  readonly imdbId: string;
  /** `untried` if the run ended before it. */
  readonly state: Exclude<TitleState['state'], 'left'> | 'untried';
  /** The location of its movie document, if it was found. */
  readonly document?: string;
  /** The number of its reviews in the lake, if it was found. */
  readonly reviews?: number;
  /** Why it failed or was refused. */
  readonly reason?: string;
}

/** Lists the requested titles with the locations of their documents. */
export function listRequestedTitles(
  { lake, partition }: { readonly lake: Pick<Lake, 'url'>; readonly partition: Partition },
  imdbIds: Iterable<string>,
  known: ReadonlyMap<string, TitleState>,
): RequestedTitle[] {
  return [...imdbIds].map((imdbId) => {
    const title = known.get(imdbId);
    if (title === undefined || title.state === 'left') return { imdbId, state: 'untried' };
    if (title.state === 'found') {
      const document = `${lake.url}/${movieKey(partition, title.tmdbId)}`;
      return { imdbId, state: 'found', document, reviews: title.reviews };
    }
    return { imdbId, state: title.state, ...('reason' in title && { reason: title.reason }) };
  });
}
