import { posix } from 'node:path';
import { formatJson } from '../catalogue/json-text.ts';
import { makeAppended, makeFindRow, makeMovieDocument } from '../catalogue/movie-document.ts';
import { makeReviewDocuments, PAGE_SIZE, pageOf } from '../catalogue/review-documents.ts';
import type { JsonObject, TmdbMovie } from '../catalogue/tmdb-movie.ts';
import type { Catalogue } from '../catalogue.ts';
import { hashText } from '../random.ts';
import { type Answer, errorAnswer, validationAnswer } from './errors.ts';

export interface RouteOptions {
  /**
   * Shifts the reviews by one after the first page, as if somebody had written a review between two requests. The last
   * review of a page is then repeated on the next one. Does not affect lists that consist of full pages.
   */
  readonly shiftPages?: boolean;
}

/** The maximum number of appended lists (documented), and the last page of a list (observed). */
const MAX_APPENDED = 20;
const MAX_PAGE = 500;

/** Returns TMDB's response to a GET with a valid key; `path` is decoded and resolved. */
export function answerRoute(
  catalogue: Catalogue,
  path: string,
  query: URLSearchParams,
  options: RouteOptions = {},
): Answer {
  const [version, area, id, part, ...rest] = path.split('/').slice(1);
  if (version !== '3' || rest.length > 0) return notFound(path);
  if (area === 'authentication' && id === undefined) return json({ success: true });
  if (id === undefined || id === '') return notFound(path);
  if (area === 'find' && part === undefined) return answerFind(catalogue, id, query);
  if (area !== 'movie') return notFound(path);
  const movie = lookUp(catalogue, id);
  if (movie === 'refused') return errorAnswer(44);
  if (part === 'reviews') return answerReviews(movie, path, query, options);
  if (part !== undefined || movie === undefined) return notFound(path, id);
  return answerDetails(movie, query);
}

function answerFind(catalogue: Catalogue, id: string, query: URLSearchParams): Answer {
  const source = query.get('external_source');
  if (source === null) return validationAnswer('external_source must be provided');
  if (source !== 'imdb_id') return errorAnswer(5);
  const { details, find, tvEntry } = catalogue.answersOf(id);
  if (details === 'refused') return errorAnswer(44);
  const language = languageOf(query);
  return json({
    movie_results: find.map((movie) => makeFindRow(movie, language)),
    person_results: [],
    tv_results: tvEntry ? [tvRow(hashText(id))] : [],
    tv_episode_results: [],
    tv_season_results: [],
  });
}

function answerDetails(movie: TmdbMovie, query: URLSearchParams): Answer {
  const language = languageOf(query);
  const names = (query.get('append_to_response') ?? '').split(',').filter((name) => name !== '');
  if (names.length > MAX_APPENDED) return errorAnswer(27);
  const document: Record<string, JsonObject[string]> = { ...makeMovieDocument(movie, language) };
  for (const name of names) {
    const appended = makeAppended(movie, name, language);
    if (appended !== undefined) document[name] = appended;
  }
  return json(document);
}

function answerReviews(
  movie: TmdbMovie | undefined,
  path: string,
  query: URLSearchParams,
  { shiftPages = false }: RouteOptions,
): Answer {
  const asked = query.get('page') ?? '1';
  const page = Number(asked);
  if (!/^\d+$/.test(asked) || page < 1 || page > MAX_PAGE) return errorAnswer(22);
  if (movie === undefined) return notFound(path);
  const reviews = makeReviewDocuments(movie, languageOf(query));
  const [first] = reviews;
  const shift = shiftPages && page > 1 && first !== undefined && reviews.length % PAGE_SIZE > 0;
  return json({ id: movie.tmdbId, ...pageOf(shift ? [first, ...reviews] : reviews, page) });
}

/** Finds a movie by its number or, instead, by an IMDb ID (recorded, not documented). */
function lookUp(catalogue: Catalogue, id: string): TmdbMovie | 'refused' | undefined {
  if (/^tt\d+$/.test(id)) return catalogue.answersOf(id).details;
  return /^\d+$/.test(id) ? catalogue.movieOf(Number(id)) : undefined;
}

function notFound(path: string, id = '0'): Answer {
  return errorAnswer(/^(?:tt)?\d+$/.test(id) ? 34 : 6, hashText(path));
}

function languageOf(query: URLSearchParams): string {
  return query.get('language') || 'en-US';
}

function json(document: JsonObject): Answer {
  return { status: 200, body: Buffer.from(formatJson(document)) };
}

function tvRow(id: number): JsonObject {
  return {
    adult: false,
    backdrop_path: null,
    id: id % 300_000,
    name: 'A Series of the Same Name',
    original_name: 'A Series of the Same Name',
    overview: '',
    poster_path: null,
    media_type: 'tv',
    original_language: 'en',
    genre_ids: [18],
    popularity: 0.6,
    first_air_date: '2020-02-02',
    softcore: false,
    vote_average: 0,
    vote_count: 0,
    origin_country: ['US'],
  };
}

/** A request's path, query and key. */
export interface RequestUrl {
  /** Percent-decoded, `..` resolved. */
  readonly path: string;
  /** Without the key. */
  readonly query: URLSearchParams;
  /** The v3 key, if any. */
  readonly apiKey: string | null;
}

/** Decodes a request's URL: TMDB's edge percent-decodes the path and resolves `..` (observed). Separates the key. */
export function readRequestUrl(url: string): RequestUrl {
  const mark = url.indexOf('?');
  const query = new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1));
  const apiKey = query.get('api_key');
  query.delete('api_key');
  return { path: posix.normalize(decode(mark < 0 ? url : url.slice(0, mark))), query, apiKey };
}

function decode(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
