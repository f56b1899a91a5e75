import { isImdbId } from '../imdb-id.ts';
import type { TmdbAnswer, TmdbClient } from './client.ts';
import {
  type ReviewPage,
  readFoundMovies,
  readMovie,
  readNumberedReviewPage,
  readReviewPage,
  type TmdbMovie,
  type TmdbReview,
} from './documents.ts';
import { RequestFailedError } from './errors.ts';

/** How a movie is looked up. Documents fetched under other settings are not the same documents. */
export interface LookupSettings {
  /** `details`: one request a movie. `find`: the documented way only, whose movies are list-shaped. */
  readonly lookup: 'details' | 'find';
  readonly language: string;
  readonly reviewLanguage: string;
  /** Further lists to append to a movie's document, such as `credits`; `details` only. */
  readonly append: readonly string[];
}

/** Those of the settings that say how a movie is asked for: what manifests and launches keep, no secret among them. */
export function lookupSettings({ lookup, language, reviewLanguage, append }: LookupSettings): LookupSettings {
  return { lookup, language, reviewLanguage, append };
}

/** What TMDB has for an IMDb id. */
type LookupResult =
  | { readonly state: 'found'; readonly movie: TmdbMovie; readonly reviews: readonly TmdbReview[] }
  | { readonly state: 'notFound' }
  | { readonly state: 'refused'; readonly reason: string };

/**
 * The movie that TMDB has for an IMDb id, and all its reviews.
 * @throws what {@link TmdbClient.get} throws, {@link RequestFailedError} also for a 404 of `/find`.
 */
export async function lookUpMovie(
  client: TmdbClient,
  imdbId: string,
  settings: LookupSettings,
  signal?: AbortSignal,
): Promise<LookupResult> {
  if (!isImdbId(imdbId)) throw new TypeError(`${JSON.stringify(imdbId)} is no IMDb id.`);
  const found = await (settings.lookup === 'find'
    ? findMovie(client, imdbId, settings, signal)
    : readDetails(client, imdbId, settings, signal));
  if (found.kind !== 'ok') return withoutMovie(found);
  const { reviews: appended, ...movie } = found.value;
  const isInLanguage = settings.language === settings.reviewLanguage;
  const reviews = await readReviews(
    client,
    {
      movieId: movie.id,
      language: settings.reviewLanguage,
      ...(isInLanguage && appended !== undefined && { first: readReviewPage(appended) }),
    },
    signal,
  );
  if (reviews.kind !== 'ok') return withoutMovie(reviews);
  return { state: 'found', movie, reviews: reviews.value };
}

function withoutMovie(answer: Exclude<TmdbAnswer<unknown>, { kind: 'ok' }>): LookupResult {
  return answer.kind === 'notFound' ? { state: 'notFound' } : { state: 'refused', reason: answer.reason };
}

/**
 * By IMDb id in the path, which works but is not documented, and "in rare cases can fail to return expected
 * results" (Kodi's scraper): so the answer's `imdb_id` is checked, and `/find` decides.
 */
async function readDetails(
  client: TmdbClient,
  imdbId: string,
  settings: LookupSettings,
  signal?: AbortSignal,
): Promise<TmdbAnswer<TmdbMovie>> {
  const byImdbId = await readMovieDetails(client, imdbId, settings, signal);
  const isTheOne = byImdbId.kind === 'ok' && byImdbId.value.imdb_id === imdbId;
  if (isTheOne || byImdbId.kind === 'refused') return byImdbId;
  const found = await findMovie(client, imdbId, settings, signal);
  if (found.kind !== 'ok') return found;
  const { id } = found.value;
  const isInHand = byImdbId.kind === 'ok' && byImdbId.value.id === id;
  return isInHand ? byImdbId : readMovieDetails(client, String(id), settings, signal);
}

/** `GET /3/movie/{id}` with its first 20 reviews, when these are wanted in the same language. */
function readMovieDetails(
  client: TmdbClient,
  id: string,
  { language, reviewLanguage, append }: LookupSettings,
  signal?: AbortSignal,
): Promise<TmdbAnswer<TmdbMovie>> {
  const withReviews = language === reviewLanguage;
  const lists = [...(withReviews ? ['reviews'] : []), ...append.filter((list) => list !== 'reviews')];
  return client.get(
    `/3/movie/${id}`,
    { language, ...(lists.length > 0 && { append_to_response: lists.join(',') }) },
    (json) => {
      const movie = readMovie(json);
      if (withReviews) readReviewPage(movie.reviews);
      return movie;
    },
    signal,
  );
}

/**
 * `GET /3/find/{tt}`: the first of its movies, list-shaped. It answers a miss with an empty list, so a 404 says
 * nothing about the title: under a wrong base URL everything is 404, and a whole catalogue would be "not found".
 */
async function findMovie(
  client: TmdbClient,
  imdbId: string,
  { language }: LookupSettings,
  signal?: AbortSignal,
): Promise<TmdbAnswer<TmdbMovie>> {
  const answer = await client.get(
    `/3/find/${imdbId}`,
    { external_source: 'imdb_id', language },
    readFoundMovies,
    signal,
  );
  if (answer.kind === 'notFound') throw new RequestFailedError('404 from /find (is the base URL right?)', 1);
  if (answer.kind !== 'ok') return answer;
  const [first] = answer.value;
  return first ? { kind: 'ok', value: first } : { kind: 'notFound' };
}

/** TMDB serves no page past this one. */
const LAST_PAGE = 500;
/** Pages shift when a review is added or removed while we read: then they are read once more. */
const PASSES = 2;

/**
 * All reviews of a movie, each once, page by page.
 * @param first page 1 when it is there already (appended to the movie), else it is asked for.
 * @returns the reviews, or the first other answer: a movie without reviews has an empty page, so a 404 means that
 *   the movie itself is gone.
 */
async function readReviews(
  client: TmdbClient,
  { movieId, language, first }: { movieId: number; language: string; first?: ReviewPage },
  signal?: AbortSignal,
): Promise<TmdbAnswer<readonly TmdbReview[]>> {
  const reviews = new Map<string, TmdbReview>();
  let known = first;
  for (let pass = 1; pass <= PASSES; pass += 1) {
    let totalPages = 1;
    let totalResults = 0;
    for (let number = 1; number <= Math.min(totalPages, LAST_PAGE); number += 1) {
      const page = known ? ({ kind: 'ok', value: known } as const) : await readPage(number);
      known = undefined;
      if (page.kind !== 'ok') return page;
      for (const review of page.value.results) reviews.set(review.id, review);
      ({ totalPages, totalResults } = page.value);
    }
    const isWhole = reviews.size >= totalResults || totalPages <= 1 || totalPages > LAST_PAGE;
    if (isWhole) break;
  }
  return { kind: 'ok', value: [...reviews.values()] };

  function readPage(page: number): Promise<TmdbAnswer<ReviewPage>> {
    return client.get(
      `/3/movie/${movieId}/reviews`,
      { language, page: String(page) },
      (json) => readNumberedReviewPage(json, movieId, page),
      signal,
    );
  }
}
