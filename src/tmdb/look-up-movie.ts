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

/** How movies are looked up. Other settings produce other documents. */
export interface LookupSettings {
  /** `details`: one request per movie. `find`: documented endpoints only; its movies have the fields of list rows. */
  readonly lookup: 'details' | 'find';
  readonly language: string;
  readonly reviewLanguage: string;
  /** Further data to append to movie documents, such as `credits`; only with `details`. */
  readonly append: readonly string[];
}

/** Picks the lookup settings, which manifests and launches record, from an object that may also contain secrets. */
export function lookupSettings({ lookup, language, reviewLanguage, append }: LookupSettings): LookupSettings {
  return { lookup, language, reviewLanguage, append };
}

/** The result of looking up an IMDb ID. */
type LookupResult =
  | ({ readonly state: 'found'; readonly movie: TmdbMovie } & Reviews)
  | { readonly state: 'notFound' }
  | { readonly state: 'refused'; readonly reason: string };

/**
 * Looks up the movie with an IMDb ID, and all its reviews.
 * @param imdbId must be valid: it becomes part of a URL.
 * @returns `found` with the documents as TMDB returns them; `notFound`; or `refused`, a permanent error, with its reason.
 * @throws {TypeError} when `imdbId` is not an IMDb ID.
 * @throws what {@link TmdbClient.get} throws.
 */
export async function lookUpMovie(
  client: TmdbClient,
  imdbId: string,
  settings: LookupSettings,
  signal?: AbortSignal,
): Promise<LookupResult> {
  if (!isImdbId(imdbId)) throw new TypeError(`${JSON.stringify(imdbId)} is not an IMDb ID.`);
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
  return { state: 'found', movie, ...reviews.value };
}

function withoutMovie(answer: Exclude<TmdbAnswer<unknown>, { kind: 'ok' }>): LookupResult {
  return answer.kind === 'notFound' ? { state: 'notFound' } : { state: 'refused', reason: answer.reason };
}

/**
 * Requests a movie's details by IMDb ID. That works but is not documented, and "in rare cases can fail to return expected
 * results" (Kodi's scraper). So if the `imdb_id` in the response differs or the movie is not found, `/find`
 * decides.
 */
async function readDetails(
  client: TmdbClient,
  imdbId: string,
  settings: LookupSettings,
  signal?: AbortSignal,
): Promise<TmdbAnswer<TmdbMovie>> {
  const byImdbId = await readMovieDetails(client, imdbId, settings, signal);
  const isMatch = byImdbId.kind === 'ok' && byImdbId.value.imdb_id === imdbId;
  if (isMatch || byImdbId.kind === 'refused') return byImdbId;
  const found = await findMovie(client, imdbId, settings, signal);
  if (found.kind !== 'ok') return found;
  const { id } = found.value;
  const isAlreadyRead = byImdbId.kind === 'ok' && byImdbId.value.id === id;
  return isAlreadyRead ? byImdbId : readMovieDetails(client, String(id), settings, signal);
}

/** Requests `/3/movie/{id}`, with the first 20 reviews appended if both are wanted in the same language. */
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
 * Requests `/3/find/{imdbId}` and returns its first movie. For an unknown ID it responds with an empty list; the client
 * takes a 404 for a wrong base URL.
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
  if (answer.kind !== 'ok') return answer;
  const [first] = answer.value;
  return first ? { kind: 'ok', value: first } : { kind: 'notFound' };
}

/** The last page that TMDB serves. */
const LAST_PAGE = 500;
/** The maximum number of passes over the pages. They are read again if reviews were missed in all passes before. */
const PASSES = 3;

/** All reviews that TMDB returned for a movie. */
interface Reviews {
  readonly reviews: readonly TmdbReview[];
  /** How many more TMDB counts. Its totals can be higher than the number of reviews on its pages, even permanently. */
  readonly missingReviews: number;
}

/**
 * Reads all reviews of a movie, page by page, without duplicates. The largest totals of any page count: an empty page, which
 * TMDB returns past the end, can be a fault when it comes earlier.
 * @param first page 1, if it was appended to the movie; otherwise it is requested too.
 * @returns the reviews, or the first answer if it is not a page. A movie without reviews has an empty page, so a 404 means
 *   that the movie no longer exists.
 */
async function readReviews(
  client: TmdbClient,
  { movieId, language, first }: { movieId: number; language: string; first?: ReviewPage },
  signal?: AbortSignal,
): Promise<TmdbAnswer<Reviews>> {
  const reviews = new Map<string, TmdbReview>();
  let totalPages = 1;
  let totalResults = 0;
  for (let pass = 1; pass <= PASSES; pass += 1) {
    for (let number = 1; number <= Math.min(totalPages, LAST_PAGE); number += 1) {
      const isFirst = pass === 1 && number === 1;
      const page = isFirst && first ? ({ kind: 'ok', value: first } as const) : await readPage(number);
      if (page.kind !== 'ok' && isFirst) return page;
      if (page.kind !== 'ok') continue; // The movie exists, so only the reviews of this page are missing.
      for (const review of page.value.results) reviews.set(review.id, review);
      totalPages = Math.max(totalPages, page.value.totalPages);
      totalResults = Math.max(totalResults, page.value.totalResults);
    }
    if (reviews.size >= totalResults || totalPages > LAST_PAGE) break;
  }
  const missingReviews = Math.max(0, totalResults - reviews.size);
  return { kind: 'ok', value: { reviews: [...reviews.values()], missingReviews } };

  function readPage(page: number): Promise<TmdbAnswer<ReviewPage>> {
    return client.get(
      `/3/movie/${movieId}/reviews`,
      { language, page: String(page) },
      (json) => readNumberedReviewPage(json, movieId, page),
      signal,
    );
  }
}
