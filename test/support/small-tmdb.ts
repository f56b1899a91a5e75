import { createTmdbClient, type TmdbClient } from '../../src/tmdb/client.ts';
import { createHttpGet } from '../../src/tmdb/http.ts';
import { createPacer } from '../../src/tmdb/pacer.ts';
import { createFakeClock, type FakeClock } from './fake-clock.ts';
import { answerJson, type LoopbackServer, startLoopbackServer } from './loopback-server.ts';

/** A minimal TMDB. Responses depend on path and query; it ignores the API key. */
export interface SmallTmdb {
  readonly client: TmdbClient;
  readonly clock: FakeClock;
  /** The received requests, such as `/3/movie/tt0000001`. */
  readonly asked: () => string[];
  readonly server: LoopbackServer;
  /** The responses, which tests may change. A number is an error status with TMDB's JSON, `undefined` is a 404. */
  readonly answers: Record<string, unknown>;
  stop(): Promise<void>;
}

/** @param answers responses by path; a function is called with the query of each request. */
export async function startSmallTmdb(answers: Record<string, unknown>): Promise<SmallTmdb> {
  const server = await startLoopbackServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://x');
    const answer = answers[pathname];
    const json: unknown = typeof answer === 'function' ? answer(searchParams) : answer;
    if (pathname === '/3/authentication' && json === undefined) answerJson(response, 200, { success: true });
    else if (json === undefined) answerJson(response, 404, { status_code: 34, status_message: 'not found' });
    else if (typeof json === 'number') answerJson(response, json, { status_code: 11, status_message: 'no' });
    else answerJson(response, 200, json);
  });
  const clock = createFakeClock();
  const pacer = createPacer({ requestsPerSecond: 1_000, clock });
  const http = createHttpGet({ userAgent: 'tdd-test/1', timeoutMs: 5_000 });
  const apiKey = '0123456789abcdef0123456789abcdef';
  const client = createTmdbClient({ http, pacer, clock, random: () => 0.5, baseUrl: server.url, apiKey });
  const asked = () => server.requests.map((request) => new URL(request.slice(4), 'http://x').pathname);
  return { client, clock, asked, server, answers, stop: server.stop };
}

/** A movie's details as TMDB returns them. */
export function details(
  id: number,
  imdbId: string,
  reviews: unknown = reviewPage([]),
): Record<string, unknown> {
  return { id, imdb_id: imdbId, title: `Movie ${id}`, genres: [{ id: 18, name: 'Drama' }], reviews };
}

/** A page of reviews with these IDs. */
export function reviewPage(
  ids: readonly string[],
  { page = 1, totalPages = ids.length === 0 ? 0 : 1, totalResults = ids.length } = {},
): Record<string, unknown> {
  const results = ids.map((id) => ({ id, author: 'somebody', content: `Review ${id}` }));
  return { page, results, total_pages: totalPages, total_results: totalResults };
}

/** TMDB's response to `/3/find` with these movies. */
export function foundMovies(...ids: readonly number[]): Record<string, unknown> {
  const movies = ids.map((id) => ({ id, title: `Movie ${id}`, genre_ids: [18], media_type: 'movie' }));
  return { movie_results: movies, person_results: [], tv_results: [{ id: 99 }] };
}
