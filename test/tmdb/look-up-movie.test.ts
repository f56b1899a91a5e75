import { afterEach, describe, expect, it } from 'vitest';
import { RequestFailedError } from '../../src/tmdb/errors.ts';
import { type LookupSettings, lookUpMovie } from '../../src/tmdb/look-up-movie.ts';
import { details, foundMovies, reviewPage, type SmallTmdb, startSmallTmdb } from '../support/small-tmdb.ts';

const settings: LookupSettings = {
  lookup: 'details',
  language: 'en-US',
  reviewLanguage: 'en-US',
  append: [],
};
const ID = 'tt0000007';
let tmdb: SmallTmdb | undefined;

afterEach(async () => tmdb?.stop());

async function lookUp(answers: Record<string, unknown>, changed: Partial<LookupSettings> = {}) {
  tmdb = await startSmallTmdb(answers);
  const result = await lookUpMovie(tmdb.client, ID, { ...settings, ...changed });
  const reviewIds = result.state === 'found' ? result.reviews.map(({ id }) => id) : undefined;
  return { result, reviewIds, asked: tmdb.asked(), requests: tmdb.server.requests };
}

const ids = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => `r${from + i}`);

const pageOfSixty = (page: number) => ids(20 * page - 19, 20 * page);

describe('lookUpMovie', () => {
  it('sends one request for a movie with at most twenty reviews, and separates these from the movie', async () => {
    const { result, reviewIds, asked } = await lookUp({
      [`/3/movie/${ID}`]: details(7, ID, reviewPage(ids(1, 20))),
    });
    expect(asked).toEqual([`/3/movie/${ID}`]);
    expect(reviewIds).toEqual(ids(1, 20));
    expect(result).toMatchObject({ state: 'found', movie: { id: 7, imdb_id: ID, title: 'Movie 7' } });
    expect(result).not.toHaveProperty('movie.reviews');
  });

  it('requests further review pages by number, and returns each review once', async () => {
    const page = (query: URLSearchParams) =>
      query.get('page') === '2'
        ? { id: 7, ...reviewPage(['r20', ...ids(21, 39)], { page: 2, totalPages: 3, totalResults: 41 }) }
        : { id: 7, ...reviewPage(['r40', 'r41'], { page: 3, totalPages: 3, totalResults: 41 }) };
    const { reviewIds, asked } = await lookUp({
      [`/3/movie/${ID}`]: details(7, ID, reviewPage(ids(1, 20), { totalPages: 3, totalResults: 41 })),
      '/3/movie/7/reviews': page,
    });
    expect(asked).toEqual([`/3/movie/${ID}`, '/3/movie/7/reviews', '/3/movie/7/reviews']);
    expect(reviewIds).toEqual(ids(1, 41));
  });

  it('reads the pages again when they have shifted and a review was missed', async () => {
    let reads = 0;
    const pages: Record<string, string[]> = { '1': ids(2, 21), '2': ids(22, 25) };
    const { reviewIds } = await lookUp({
      // Review 1 is removed after page 1 was read, so review 21 moves to page 1 unseen.
      [`/3/movie/${ID}`]: details(7, ID, reviewPage(ids(1, 20), { totalPages: 2, totalResults: 25 })),
      '/3/movie/7/reviews': (query: URLSearchParams) => {
        reads += 1;
        const number = query.get('page') ?? '';
        const found = reads === 1 ? ids(22, 25) : (pages[number] ?? []);
        return { id: 7, ...reviewPage(found, { page: Number(number), totalPages: 2, totalResults: 25 }) };
      },
    });
    expect(reviewIds).toEqual(expect.arrayContaining(ids(2, 25)));
  });

  it.each<[string, (page: number, pass: number) => string[] | number, string[], number, number]>([
    [
      'page 2 is empty once',
      (page, pass) => (page === 2 && pass === 1 ? [] : pageOfSixty(page)),
      ids(1, 60),
      0,
      5,
    ],
    [
      'page 2 is always empty',
      (page) => (page === 2 ? [] : pageOfSixty(page)),
      [...ids(1, 20), ...ids(41, 60)],
      20,
      8,
    ],
    [
      'the last page is empty twice',
      (page, pass) => (page === 3 && pass < 3 ? [] : pageOfSixty(page)),
      ids(1, 60),
      0,
      8,
    ],
    ['the pages overlap', (page) => ids(15 * page - 14, 15 * page + 5), ids(1, 50), 10, 8],
    [
      'page 2 is refused once',
      (page, pass) => (page === 2 && pass === 1 ? 422 : pageOfSixty(page)),
      ids(1, 60),
      0,
      5,
    ],
  ])(
    'counts what is missing, and reads all pages again, when %s',
    async (_, pageOf, expected, missing, requests) => {
      const reads = new Map<number, number>();
      const readPage = (page: number) => {
        const found = pageOf(page, (reads.get(page) ?? 0) + 1);
        reads.set(page, (reads.get(page) ?? 0) + 1);
        if (typeof found === 'number') return found;
        const totals = found.length === 0 ? {} : { totalPages: 3, totalResults: 60 };
        return { id: 7, ...reviewPage(found, { page, ...totals }) };
      };
      const { result, reviewIds, asked } = await lookUp({
        [`/3/movie/${ID}`]: () => details(7, ID, readPage(1)),
        '/3/movie/7/reviews': (query: URLSearchParams) => readPage(Number(query.get('page'))),
      });
      expect([...(reviewIds ?? [])].sort()).toEqual([...expected].sort());
      expect(result).toMatchObject({ state: 'found', missingReviews: missing });
      expect(asked).toHaveLength(requests + 1);
    },
  );

  it('counts what is missing of a single page', async () => {
    const { result, asked } = await lookUp({
      [`/3/movie/${ID}`]: details(7, ID, reviewPage(['r1'], { totalResults: 2 })),
      '/3/movie/7/reviews': { id: 7, ...reviewPage(['r1'], { totalResults: 2 }) },
    });
    expect(result).toMatchObject({ state: 'found', missingReviews: 1 });
    expect(asked).toHaveLength(3);
  });

  it('requests no page after 500', async () => {
    const { asked } = await lookUp({
      [`/3/movie/${ID}`]: details(7, ID, reviewPage(['r1'], { totalPages: 9_000, totalResults: 180_000 })),
      '/3/movie/7/reviews': (query: URLSearchParams) => ({
        id: 7,
        ...reviewPage([`p${query.get('page')}`], {
          page: Number(query.get('page')),
          totalPages: 9_000,
          totalResults: 180_000,
        }),
      }),
    });
    expect(asked).toHaveLength(500);
  });

  it('asks /find after a 404, and trusts its empty list', async () => {
    const { result, asked } = await lookUp({ [`/3/find/${ID}`]: foundMovies() });
    expect(result).toEqual({ state: 'notFound' });
    expect(asked).toEqual([`/3/movie/${ID}`, `/3/find/${ID}`]);
  });

  it.each(['details', 'find'] as const)(
    'fails the request, not the title, when /find answers 404 (%s)',
    async (lookup) => {
      const failed = lookUp({}, { lookup });
      await expect(failed).rejects.toThrow(RequestFailedError);
      await expect(failed).rejects.toMatchObject({ reason: '404 (code 34): not found' });
    },
  );

  it('requests by TMDB id the first movie that only /find returns', async () => {
    const { result, asked } = await lookUp({
      [`/3/find/${ID}`]: foundMovies(8, 9),
      '/3/movie/8': details(8, ''),
    });
    expect(result).toMatchObject({ state: 'found', movie: { id: 8 } });
    expect(asked).toEqual([`/3/movie/${ID}`, `/3/find/${ID}`, '/3/movie/8']);
  });

  it('does not accept a movie with another IMDb ID', async () => {
    const { result } = await lookUp({
      [`/3/movie/${ID}`]: details(666, 'tt0000666'),
      [`/3/find/${ID}`]: foundMovies(7),
      '/3/movie/7': details(7, ID),
    });
    expect(result).toMatchObject({ state: 'found', movie: { id: 7 } });
    await tmdb?.stop();
    const { result: missed } = await lookUp({
      [`/3/movie/${ID}`]: details(666, 'tt0000666'),
      [`/3/find/${ID}`]: foundMovies(),
    });
    expect(missed).toEqual({ state: 'notFound' });
  });

  it('does not request a movie again when /find confirms it', async () => {
    const { result, asked } = await lookUp({
      [`/3/movie/${ID}`]: details(7, 'tt0000001'),
      [`/3/find/${ID}`]: foundMovies(7),
    });
    expect(result).toMatchObject({ state: 'found', movie: { id: 7 } });
    expect(asked).toHaveLength(2);
  });

  it('requests the reviews separately when they are wanted in another language', async () => {
    const { reviewIds, requests } = await lookUp(
      {
        [`/3/movie/${ID}`]: (query: URLSearchParams) => {
          const { reviews, ...movie } = details(7, ID);
          return query.get('append_to_response') === null ? movie : { ...movie, reviews };
        },
        '/3/movie/7/reviews': (query: URLSearchParams) => ({
          id: 7,
          ...reviewPage([`in${query.get('language')?.slice(0, 2)}`]),
        }),
      },
      { language: 'de-DE' },
    );
    expect(reviewIds).toEqual(['inen']);
    expect(requests).toHaveLength(2);
    expect(requests[0]).toContain('language=de-DE');
  });

  it('appends further data and keeps it in the movie', async () => {
    const { result, requests } = await lookUp(
      { [`/3/movie/${ID}`]: { ...details(7, ID), credits: { cast: [] } } },
      { append: ['credits', 'keywords'] },
    );
    expect(requests[0]).toContain('append_to_response=reviews%2Ccredits%2Ckeywords');
    expect(result).toHaveProperty('movie.credits');
  });

  it('uses documented endpoints only, with lookup "find"', async () => {
    const { result, reviewIds, asked } = await lookUp(
      { [`/3/find/${ID}`]: foundMovies(7), '/3/movie/7/reviews': { id: 7, ...reviewPage(['r1']) } },
      { lookup: 'find' },
    );
    expect(asked).toEqual([`/3/find/${ID}`, '/3/movie/7/reviews']);
    expect(result).toMatchObject({ movie: { id: 7, genre_ids: [18] } });
    expect(reviewIds).toEqual(['r1']);
  });

  it('returns a permanent error without retrying', async () => {
    const { result, asked } = await lookUp({ [`/3/movie/${ID}`]: 422 });
    expect(result).toEqual({ state: 'refused', reason: '422 (code 11): no' });
    expect(asked).toHaveLength(1);
  });

  it('retries when the reviews are of another movie', async () => {
    let reads = 0;
    const { reviewIds } = await lookUp(
      {
        [`/3/find/${ID}`]: foundMovies(7),
        '/3/movie/7/reviews': () => {
          reads += 1;
          return { id: reads === 1 ? 8 : 7, ...reviewPage([reads === 1 ? 'wrong' : 'right']) };
        },
      },
      { lookup: 'find' },
    );
    expect(reviewIds).toEqual(['right']);
  });

  it('rejects anything but an IMDb ID before it gets into a URL', async () => {
    tmdb = await startSmallTmdb({});
    await expect(lookUpMovie(tmdb.client, 'tt1/../../authentication', settings)).rejects.toThrow(TypeError);
    expect(tmdb.asked()).toEqual([]);
  });
});
