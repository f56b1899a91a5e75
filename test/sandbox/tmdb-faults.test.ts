import type { Agent } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FaultKind, TRANSIENT_FAULTS } from '../../sandbox/tmdb/faults.ts';
import { SANDBOX_API_KEY as KEY } from '../../sandbox/tmdb/keys.ts';
import { startTmdbStandIn, type TmdbStandIn } from '../../sandbox/tmdb-stand-in.ts';
import { type Asked, ask } from './ask.ts';
import { makeCatalogue, movieWithReviews } from './small-catalogue.ts';

const catalogue = makeCatalogue();
const { imdbId, tmdbId } = movieWithReviews(catalogue, 20);
let tmdb: TmdbStandIn;
let whole: string;
beforeAll(async () => {
  tmdb = await startTmdbStandIn({ catalogue });
  whole = (await askMovie()).body;
});
afterAll(() => tmdb.stop());
beforeEach(() => {
  tmdb.setFaults({});
  tmdb.setDown(undefined);
  tmdb.clearStats();
});

function askMovie(options: { agent?: Agent; signal?: AbortSignal } = {}, id = imdbId): Promise<Asked> {
  return ask(`${tmdb.url}/3/movie/${id}?append_to_response=reviews&api_key=${KEY}`, options);
}

describe('a fault as seen by a client', () => {
  it.each([
    ['500 code 11', 500, 11],
    ['500 code 15', 500, 15],
    ['502 code 43', 502, 43],
    ['503 code 9', 503, 9],
    ['503 code 46', 503, 46],
    ['504 code 24', 504, 24],
    ['429', 429, 25],
    ['500 code 44', 500, 44],
    ['404', 404, 34],
    ['400', 400, 22],
    ['422', 422, 5],
    ['401', 401, 7],
    ['403', 403, 45],
  ] as const)('%s is an error of TMDB with its status and code', async (kind, status, code) => {
    tmdb.setDown(kind);
    const { body, headers, ...asked } = await askMovie();
    expect(asked).toEqual({ status });
    expect(headers['content-type']).toMatch(/json/);
    expect(JSON.parse(body)).toMatchObject({ status_code: code });
    expect(tmdb.stats()).toMatchObject({ byFault: { [kind]: 1 }, byStatus: { [status]: 1 } });
  });

  it.each([
    ['html 200', 200],
    ['html 502', 502],
    ['html 504', 504],
    ['html 401', 401],
    ['html 403', 403],
    ['html 404', 404],
  ] as const)('%s is a page', async (kind, status) => {
    tmdb.setDown(kind);
    const { body, headers, ...asked } = await askMovie();
    expect(asked).toEqual({ status });
    expect(headers['content-type']).toBe('text/html');
    expect(body).toContain('<html>');
  });

  it.each([
    ['empty array', '[]'],
    ['null', 'null'],
    ['wrong types', expect.stringContaining('"id":"x"')],
    ['other movie', expect.stringContaining('"id":1,')],
    ['empty body', ''],
  ] as const)('%s is a whole answer of status 200', async (kind, body) => {
    tmdb.setDown(kind);
    const asked = await askMovie();
    expect(asked).toMatchObject({ status: 200, body });
    expect(asked.error).toBeUndefined();
  });

  it.each([
    ['gateway 401', 401],
    ['gateway 404', 404],
  ] as const)("%s is another server's JSON", async (kind, status) => {
    tmdb.setDown(kind);
    const asked = await askMovie();
    expect(asked.status).toBe(status);
    expect(JSON.parse(asked.body)).toHaveProperty('message');
    expect(JSON.parse(asked.body)).not.toHaveProperty('status_code');
  });

  it('empty page is a page after the first one without reviews and totals', async () => {
    const movie = movieWithReviews(catalogue, 60).tmdbId;
    const askPage = async (page: number) => {
      const { body } = await ask(`${tmdb.url}/3/movie/${movie}/reviews?page=${page}&api_key=${KEY}`);
      return JSON.parse(body);
    };
    const second = await askPage(2);
    tmdb.setDown('empty page');
    expect(await askPage(1)).toMatchObject({ page: 1, total_pages: second.total_pages });
    expect(await askPage(2)).toEqual({ ...second, results: [], total_pages: 0, total_results: 0 });
    expect((await askMovie()).body).toBe(whole);
  });

  it('deep json is the document with a field that JSON.stringify cannot write', async () => {
    tmdb.setDown('deep json');
    const { deep, ...document } = JSON.parse((await askMovie()).body);
    expect(document).toEqual(JSON.parse(whole));
    expect(() => JSON.stringify(deep)).toThrow(RangeError);
  });

  it('errors list has no code', async () => {
    tmdb.setDown('errors list');
    const { status, body } = await askMovie();
    expect([status, Object.keys(JSON.parse(body))]).toEqual([422, ['errors']]);
  });

  it('cut json is half a document with a matching content-length', async () => {
    tmdb.setDown('cut json');
    const { status, headers, body, error } = await askMovie();
    const halfBytes = Math.floor(Buffer.byteLength(whole) / 2);
    expect([status, error, Number(headers['content-length'])]).toEqual([200, undefined, halfBytes]);
    expect(() => JSON.parse(body)).toThrow(SyntaxError);
  });

  it.each(['cut connection', 'reset within'] as const)(
    '%s breaks the answer off in its body',
    async (kind) => {
      tmdb.setDown(kind);
      const { body, error } = await askMovie();
      expect(error).toBe('ECONNRESET');
      expect(body.length).toBeLessThan(whole.length);
    },
  );

  it('cut connection announces the full content-length', async () => {
    tmdb.setDown('cut connection');
    const { status, headers, body } = await askMovie();
    expect([status, Number(headers['content-length'])]).toEqual([200, Buffer.byteLength(whole)]);
    expect(whole.startsWith(body.slice(0, 100))).toBe(true);
  });

  it('reset before breaks the connection before the response', async () => {
    tmdb.setDown('reset before');
    expect(await askMovie()).toMatchObject({ status: 0, error: 'ECONNRESET', body: '' });
    expect(tmdb.stats().requests).toMatchObject([{ status: 0, fault: 'reset before' }]);
  });

  it('hang never responds, so that the client times out', async () => {
    tmdb.setDown('hang');
    expect(await askMovie({ signal: AbortSignal.timeout(50) })).toMatchObject({
      status: 0,
      error: 'ABORT_ERR',
    });
  });

  it('ends when it is removed', async () => {
    tmdb.setDown('html 502');
    await askMovie();
    tmdb.setDown(undefined);
    expect(await askMovie()).toMatchObject({ status: 200, body: whole });
  });
});

describe('faults by rule', () => {
  const statuses = async (ids: readonly (string | number)[]): Promise<number[]> => {
    const seen: number[] = [];
    for (const id of ids) seen.push((await askMovie({}, String(id))).status);
    return seen;
  };

  it('fail one path every time, and no other', async () => {
    tmdb.setFaults({ rules: [{ path: `/3/movie/${imdbId}`, kind: '503 code 9' }] });
    expect(await statuses([imdbId, tmdbId, imdbId])).toEqual([503, 200, 503]);
  });

  it('fail the next two requests', async () => {
    tmdb.setFaults({ rules: [{ times: 2, kind: '504 code 24' }] });
    expect(await statuses([imdbId, tmdbId, imdbId])).toEqual([504, 504, 200]);
  });

  it('fail from one request to another', async () => {
    tmdb.setFaults({ rules: [{ after: 1, times: 2, kind: 'html 502' }] });
    expect(await statuses([imdbId, imdbId, imdbId, imdbId])).toEqual([200, 502, 502, 200]);
  });

  it('fail requests whose path and query match a pattern', async () => {
    tmdb.setFaults({ rules: [{ path: /append_to_response=reviews/, kind: '400' }] });
    expect(await statuses([imdbId])).toEqual([400]);
    expect(await ask(`${tmdb.url}/3/movie/${imdbId}?api_key=${KEY}`)).toMatchObject({ status: 200 });
  });
});

describe('faults by chance', () => {
  const kinds: FaultKind[] = TRANSIENT_FAULTS.filter((kind) => kind !== 'hang');
  const ids = catalogue.cases.map(({ row }) => row.tconst);
  /** Requests all IDs in an order, three times each. Returns the observed faults by path. */
  const meet = async (seed: string, order: readonly string[]): Promise<string[]> => {
    tmdb.clearStats();
    tmdb.setFaults({ rate: 0.3, seed });
    for (let turn = 0; turn < 3; turn++) await Promise.all(order.map((id) => askMovie({}, id)));
    return tmdb
      .stats()
      .requests.map(({ path, fault }) => `${path} ${fault ?? 'none'}`)
      .sort();
  };

  it('occur at about their rate, in every kind except hang', async () => {
    const met = await meet('a', ids);
    const failed = met.filter((line) => !line.endsWith(' none'));
    expect(failed.length / met.length).toBeGreaterThan(0.2);
    expect(failed.length / met.length).toBeLessThan(0.4);
    for (const kind of kinds) expect(failed.some((line) => line.endsWith(` ${kind}`))).toBe(true);
    expect(met.filter((line) => line.endsWith(' hang'))).toEqual([]);
  });

  it('depend on the seed and not on the order of requests', async () => {
    const met = await meet('a', ids);
    expect(await meet('a', [...ids].reverse())).toEqual(met);
    expect(await meet('b', ids)).not.toEqual(met);
  });
});
