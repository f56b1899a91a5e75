import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { SANDBOX_API_KEY as KEY, SANDBOX_READ_TOKEN as TOKEN } from '../../sandbox/tmdb/keys.ts';
import { startTmdbStandIn, type TmdbStandIn } from '../../sandbox/tmdb-stand-in.ts';
import { type Asked, ask } from './ask.ts';
import { caseOf, makeCatalogue, movieWithReviews } from './small-catalogue.ts';

const catalogue = makeCatalogue();
let tmdb: TmdbStandIn;
beforeAll(async () => {
  tmdb = await startTmdbStandIn({ catalogue });
});
afterAll(() => tmdb.stop());
beforeEach(() => tmdb.clearStats());

/** Requests a path with the sandbox's key. */
async function askTmdb(path: string): Promise<Asked & { json: Record<string, unknown> }> {
  const asked = await ask(`${tmdb.url}${path}${path.includes('?') ? '&' : '?'}api_key=${KEY}`);
  return { ...asked, json: JSON.parse(asked.body) };
}

const find = (imdbId: string) => askTmdb(`/3/find/${imdbId}?external_source=imdb_id`);

describe('keys', () => {
  it('accepts a v3 key in the query and a v4 token as Bearer', async () => {
    expect(await askTmdb('/3/authentication')).toMatchObject({ status: 200, json: { success: true } });
    const headers = { authorization: `Bearer ${TOKEN}` };
    expect(await ask(`${tmdb.url}/3/authentication`, { headers })).toMatchObject({ status: 200 });
  });

  it.each([
    ['no key', '', {}],
    ['another key', `?api_key=${'0'.repeat(32)}`, {}],
    ['a v3 key as Bearer', '', { authorization: `Bearer ${KEY}` }],
    ['a v4 token in the query', `?api_key=${TOKEN}`, {}],
  ])('refuses %s with 401 and code 7', async (_, query, headers) => {
    const asked = await ask(`${tmdb.url}/3/authentication${query}`, { headers });
    expect(asked.status).toBe(401);
    expect(JSON.parse(asked.body)).toMatchObject({ status_code: 7 });
  });

  it.each([
    [true, 401, 7],
    ['suspended', 401, 10],
    ['forbidden', 403, 45],
  ] as const)(
    'takes its keys back (%s) with %i and code %i, and gives them again',
    async (how, status, code) => {
      tmdb.setKeyRevoked(how);
      const refused = await askTmdb('/3/authentication');
      tmdb.setKeyRevoked(false);
      expect(refused).toMatchObject({ status, json: { status_code: code } });
      expect(await askTmdb('/3/authentication')).toMatchObject({ status: 200 });
    },
  );
});

describe('/3/movie/{id}', () => {
  it('returns the same movie by IMDb ID and by number, with the first page of reviews appended', async () => {
    const { imdbId, tmdbId } = movieWithReviews(catalogue, 41);
    const byImdbId = await askTmdb(`/3/movie/${imdbId}?append_to_response=reviews,credits,no_such_thing`);
    const byNumber = await askTmdb(`/3/movie/${tmdbId}?append_to_response=reviews,credits,no_such_thing`);
    expect(byImdbId.json).toEqual(byNumber.json);
    expect(byImdbId.json).toMatchObject({ id: tmdbId, imdb_id: imdbId, credits: {} });
    expect(byImdbId.json).not.toHaveProperty('no_such_thing');
    const { reviews } = byImdbId.json as { reviews: { results: unknown[] } };
    expect(reviews).toMatchObject({ page: 1, total_pages: 3, total_results: 41 });
    expect(reviews.results).toHaveLength(20);
    expect(reviews).not.toHaveProperty('id');
  });

  it('has total_pages 0 when there are no reviews, and 1 when there are exactly 20', async () => {
    for (const [reviews, pages] of [
      [0, 0],
      [20, 1],
    ] as const) {
      const { imdbId } = movieWithReviews(catalogue, reviews);
      const { json } = await askTmdb(`/3/movie/${imdbId}?append_to_response=reviews`);
      expect(json.reviews).toMatchObject({ total_pages: pages, total_results: reviews });
    }
  });

  it('filters reviews by language, and empties texts without a translation', async () => {
    const { imdbId } = movieWithReviews(catalogue, 60);
    const { json } = await askTmdb(`/3/movie/${imdbId}?append_to_response=reviews&language=de-DE`);
    expect(json).toMatchObject({ overview: '' });
    expect((json.reviews as { total_results: number }).total_results).toBeLessThan(10);
  });

  it('returns 404 with code 34 for unknown IDs, with and without `success`', async () => {
    const misses = catalogue.cases.filter(({ scenario }) => scenario === 'miss').slice(0, 12);
    const answers = await Promise.all(misses.map(({ row }) => askTmdb(`/3/movie/${row.tconst}`)));
    for (const answer of answers) expect(answer).toMatchObject({ status: 404, json: { status_code: 34 } });
    expect(new Set(answers.map(({ json }) => 'success' in json))).toEqual(new Set([true, false]));
  });

  it('rejects more than 20 appended lists with 400 and code 27', async () => {
    const { imdbId } = movieWithReviews(catalogue, 1);
    const names = (count: number) => Array.from({ length: count }, (_, index) => `x${index}`).join(',');
    const ask20 = await askTmdb(`/3/movie/${imdbId}?append_to_response=${names(20)}`);
    const ask21 = await askTmdb(`/3/movie/${imdbId}?append_to_response=${names(21)}`);
    expect([ask20.status, ask21.status]).toEqual([200, 400]);
    expect(ask21.json).toMatchObject({ status_code: 27 });
  });

  it('rejects an ID with 500 and code 44 on both endpoints', async () => {
    const { tconst } = caseOf(catalogue, 'refused').row;
    expect(await askTmdb(`/3/movie/${tconst}`)).toMatchObject({ status: 500, json: { status_code: 44 } });
    expect(await find(tconst)).toMatchObject({ status: 500, json: { status_code: 44 } });
  });

  it('decodes its path and resolves dot segments, as TMDB does', async () => {
    const { imdbId } = movieWithReviews(catalogue, 1);
    expect(await askTmdb(`/3/movie/x%2F..%2F${imdbId}`)).toMatchObject({ json: { imdb_id: imdbId } });
    expect(await askTmdb('/3/movie/tt0000001%2F..%2F..%2Fauthentication')).toMatchObject({
      json: { success: true },
    });
    expect(await askTmdb('/3/movie/%zz')).toMatchObject({ status: 404, json: { status_code: 6 } });
  });
});

describe('/3/find/{tt}', () => {
  it('finds every movie, in five arrays of list entries', async () => {
    const { row, movie } = caseOf(catalogue, 'findBesideTv');
    expect(await askTmdb(`/3/movie/${row.tconst}`)).toMatchObject({ status: 404 });
    const { json } = await find(row.tconst);
    expect(Object.values(json).map((rows) => (rows as unknown[]).length)).toEqual([1, 0, 1, 0, 0]);
    const [listed] = json.movie_results as Record<string, unknown>[];
    expect(listed).toMatchObject({ id: movie?.tmdbId, media_type: 'movie' });
    for (const name of ['imdb_id', 'genres', 'runtime']) expect(listed).not.toHaveProperty(name);
  });

  it('returns 200 with five empty arrays for a miss', async () => {
    const { status, json } = await find(caseOf(catalogue, 'miss').row.tconst);
    expect([status, Object.values(json)]).toEqual([200, [[], [], [], [], []]]);
  });

  it('returns the right movie when the details return a wrong one', async () => {
    const { row, movie } = caseOf(catalogue, 'wrongMovie');
    const { json } = await askTmdb(`/3/movie/${row.tconst}`);
    expect(json.imdb_id).not.toBe(row.tconst);
    expect((await find(row.tconst)).json).toMatchObject({ movie_results: [{ id: movie?.tmdbId }] });
    expect(await askTmdb(`/3/movie/${movie?.tmdbId}`)).toMatchObject({ json: { imdb_id: row.tconst } });
  });

  it('returns several movies, the right one first', async () => {
    const { row, movie } = caseOf(catalogue, 'findSeveral');
    const { json } = await find(row.tconst);
    expect(json).toMatchObject({ movie_results: [{ id: movie?.tmdbId }, { media_type: 'movie' }] });
  });

  it('requires an external source, and reports a missing one without a code', async () => {
    expect(await askTmdb('/3/find/tt0000001')).toMatchObject({
      status: 422,
      json: { errors: [expect.any(String)] },
    });
    expect(await askTmdb('/3/find/tt0000001?external_source=x')).toMatchObject({ json: { status_code: 5 } });
  });
});

describe('/3/movie/{id}/reviews', () => {
  const { tmdbId } = movieWithReviews(catalogue, 41);
  const page = async (number: number | string) => askTmdb(`/3/movie/${tmdbId}/reviews?page=${number}`);
  type Page = { results: { id: string }[]; id: number };

  it('has 20 per page, and an empty page past the end', async () => {
    const pages = await Promise.all([1, 2, 3, 4].map(page));
    expect(pages.map(({ json }) => (json as Page).results.length)).toEqual([20, 20, 1, 0]);
    expect(pages[3]).toMatchObject({ status: 200, json: { id: tmdbId, page: 4, total_pages: 3 } });
    const ids = pages.flatMap(({ json }) => (json as Page).results.map(({ id }) => id));
    expect(new Set(ids).size).toBe(41);
  });

  it.each([0, 501, 'x', -1])('rejects page %s with 400 and code 22', async (number) => {
    expect(await page(number)).toMatchObject({ status: 400, json: { status_code: 22 } });
  });

  it('can shift its pages by one, as after a new review', async () => {
    const shifting = await startTmdbStandIn({ catalogue, shiftPages: true });
    const at = (number: number) => `${shifting.url}/3/movie/${tmdbId}/reviews?page=${number}&api_key=${KEY}`;
    const pages = await Promise.all(
      [1, 2, 3].map(async (number) => JSON.parse((await ask(at(number))).body) as Page),
    );
    await shifting.stop();
    const ids = pages.flatMap(({ results }) => results.map(({ id }) => id));
    expect([ids.length, new Set(ids).size]).toEqual([42, 41]);
  });
});

describe('stats', () => {
  it('reports requests, their number and user agents without the key', async () => {
    await ask(`${tmdb.url}/3/movie/tt9?language=en-US&api_key=${KEY}`, {
      headers: { 'user-agent': 'tester/1' },
    });
    await askTmdb('/3/authentication');
    const stats = tmdb.stats();
    expect(stats.requests[0]).toMatchObject({ path: '/3/movie/tt9', query: 'language=en-US', status: 404 });
    expect(stats).toMatchObject({
      byPath: { '/3/movie/tt9': 1 },
      byStatus: { 200: 1, 404: 1 },
      maxSockets: 1,
    });
    expect(stats.userAgents).toContain('tester/1');
    expect(JSON.stringify(stats)).not.toContain(KEY);
  });
});
