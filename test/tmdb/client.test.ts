import type { IncomingMessage, ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import { checkKey } from '../../src/tmdb/check-key.ts';
import { createTmdbClient } from '../../src/tmdb/client.ts';
import { readMovie } from '../../src/tmdb/documents.ts';
import { BaseUrlError, KeyRejectedError, OutageError, RequestFailedError } from '../../src/tmdb/errors.ts';
import { createHttpGet, TransportError } from '../../src/tmdb/http.ts';
import { createPacer } from '../../src/tmdb/pacer.ts';
import { MAX_ATTEMPTS } from '../../src/tmdb/retry.ts';
import type { OnWait, Wait } from '../../src/wait.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { answerJson, type LoopbackServer, startLoopbackServer } from '../support/loopback-server.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const http = createHttpGet({ userAgent: 'tdd-test/1', timeoutMs: 300 });
let server: LoopbackServer | undefined;

afterEach(async () => {
  await server?.stop();
  server = undefined;
});

type Answer = (response: ServerResponse, request: IncomingMessage) => void;
const movie: Answer = (response) => answerJson(response, 200, { id: 7 });
const up: Answer = (response) => answerJson(response, 200, { success: true, id: 1 });
const unavailable: Answer = (response) =>
  answerJson(response, 503, { status_code: 9, status_message: 'offline' });

/** Starts a client whose n-th request for movie 7 gets the n-th answer; further requests get the last answer. */
async function startClient(
  answers: readonly Answer[],
  { others = up, apiKey = KEY, onWait = (() => {}) as OnWait } = {},
) {
  let requests = 0;
  const started = await startLoopbackServer((request, response) => {
    if (!request.url?.startsWith('/3/movie/7?')) return others(response, request);
    const answer = answers[Math.min(requests, answers.length - 1)];
    requests += 1;
    answer?.(response, request);
  });
  server = started;
  const clock = createFakeClock();
  const pacer = createPacer({ requestsPerSecond: 1_000, clock });
  const client = createTmdbClient({
    http,
    pacer,
    clock,
    random: () => 0.5,
    baseUrl: started.url,
    apiKey,
    onWait,
  });
  return {
    client,
    clock,
    server: started,
    getMovie: () => client.get('/3/movie/7', { language: 'en-US' }, readMovie),
  };
}

describe('createTmdbClient', () => {
  it.each<[string, Answer]>([
    ['503', unavailable],
    ['500 with code 11', (response) => answerJson(response, 500, { status_code: 11 })],
    ['502 in HTML', (response) => response.writeHead(502).end('<html></html>')],
    ['HTML with 200', (response) => response.writeHead(200).end('<html></html>')],
    ['a truncated body', (response) => response.writeHead(200).end('{"id": 7, "tit')],
    [
      'a connection closed within the body',
      (response) => {
        response.writeHead(200, { 'content-length': 100 }).write('{"id": 7');
        setImmediate(() => response.destroy());
      },
    ],
    ['a connection reset', (response) => response.socket?.resetAndDestroy()],
    ['a timeout', () => undefined],
    ['JSON of another shape', (response) => answerJson(response, 200, { id: '7' })],
    ['an array', (response) => answerJson(response, 200, [])],
  ])('retries after %s', async (_, fault) => {
    const { getMovie, server } = await startClient([fault, fault, movie]);
    expect(await getMovie()).toEqual({ kind: 'ok', value: { id: 7 } });
    expect(server.requests).toHaveLength(3);
  });

  it('reports that TMDB does not answer: with the second failure in a row, and with each long backoff', async () => {
    const reported: Wait[] = [];
    const onWait: OnWait = (wait) => void reported.push(wait);
    const failures = (count: number): Answer[] => new Array(count).fill(unavailable);
    const { getMovie, clock } = await startClient(
      [unavailable, movie, unavailable, unavailable, unavailable, movie, ...failures(5), movie],
      { onWait },
    );
    await getMovie();
    expect(reported).toEqual([]);
    await getMovie();
    expect(reported).toMatchObject([{ reason: 'TMDB is not responding (503)', next: 'retrying' }]);
    const before = clock.now();
    await getMovie();
    // The waits are 0.19, 0.56, 1.7, 5 and 15 s.
    expect(reported.slice(1).map(({ untilMs }) => Math.round((untilMs - before) / 1_000))).toEqual([
      1, 8, 23,
    ]);
  });

  it('backs off for longer after each failure', async () => {
    const { getMovie, clock } = await startClient([unavailable, unavailable, unavailable, movie]);
    const before = clock.now();
    await getMovie();
    expect(clock.now() - before).toBeGreaterThanOrEqual(2_437); // (0.25 + 0.75 + 2.25) s × 0.75
  });

  it('gives up after eight attempts while TMDB answers other requests', async () => {
    const { getMovie, server } = await startClient([unavailable]);
    const error = await getMovie().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(RequestFailedError);
    expect(error).toMatchObject({ reason: '503', tries: MAX_ATTEMPTS });
    expect(server.requests.filter((request) => request.includes('/movie/7?'))).toHaveLength(MAX_ATTEMPTS);
  });

  it('reports an outage when TMDB does not answer other requests either', async () => {
    const { getMovie } = await startClient([unavailable], { others: unavailable });
    await expect(getMovie()).rejects.toThrow(OutageError);
  });

  it('reports an outage when another server answers everything with JSON of its own', async () => {
    const portal: Answer = (response) => answerJson(response, 200, { login: 'required' });
    const { getMovie } = await startClient([portal], { others: portal });
    await expect(getMovie()).rejects.toThrow(OutageError);
  });

  it('reports an outage after twenty failures in a row, across all callers', async () => {
    const { getMovie, server } = await startClient([unavailable], { others: unavailable });
    const errors = await Promise.all(
      Array.from({ length: 20 }, () => getMovie().catch((error: unknown) => error)),
    );
    expect(errors.some((error) => error instanceof OutageError)).toBe(true);
    expect(errors.some((error) => error instanceof RequestFailedError)).toBe(false);
    expect(server.requests.length).toBeLessThanOrEqual(40);
  });

  it('reports failed requests, and no outage, while TMDB answers a probe', async () => {
    const { getMovie, server } = await startClient([unavailable]);
    for (let round = 0; round < 3; round += 1) {
      const errors = await Promise.all([1, 2, 3].map(() => getMovie().catch((error: unknown) => error)));
      for (const error of errors) expect(error).toBeInstanceOf(RequestFailedError);
    }
    expect(server.requests.filter((request) => request.includes('/movie/7?'))).toHaveLength(9 * MAX_ATTEMPTS);
  });

  it('probes more than once before it reports an outage', async () => {
    let requested = 0;
    const { getMovie } = await startClient([unavailable], {
      others: (response, request) => {
        requested += 1;
        (requested === 1 ? unavailable : up)(response, request);
      },
    });
    await expect(getMovie()).rejects.toThrow(RequestFailedError);
    expect(requested).toBe(2);
  });

  it('sends one request per call during an outage', async () => {
    const { getMovie, server } = await startClient([unavailable], { others: unavailable });
    await Promise.all([1, 2, 3].map(() => getMovie().catch(() => undefined)));
    const before = server.requests.length;
    await expect(getMovie()).rejects.toThrow(OutageError);
    expect(server.requests.length - before).toBe(1);
  });

  it('slows down on 429 without using up an attempt', async () => {
    const throttled: Answer = (response) => answerJson(response, 429, { status_code: 25 });
    const { getMovie, client, clock } = await startClient([...new Array(12).fill(throttled), movie]);
    const before = clock.now();
    expect(await getMovie()).toMatchObject({ kind: 'ok' });
    expect(clock.now() - before).toBeGreaterThanOrEqual(1_200);
    expect(client.sent).toEqual({ requests: 13, throttled: 12 });
  });

  it('counts the requests of each download by itself, and all of them', async () => {
    const { client } = await startClient([unavailable, movie]);
    const [one, two] = [client.scoped(), client.scoped()];
    await one.get('/3/movie/7', {}, readMovie);
    await Promise.all([one, two].map((scope) => scope.get('/3/movie/7', {}, readMovie)));
    expect([one.sent, two.sent, client.sent].map(({ requests }) => requests)).toEqual([3, 1, 4]);
  });

  it('does not let a caller that leaves abort a probe for which others wait', async () => {
    const { client } = await startClient([unavailable], {
      others: (response, request) => {
        leaving.abort(new Error('left'));
        unavailable(response, request);
      },
    });
    const leaving = new AbortController();
    const get = (signal?: AbortSignal) => client.get('/3/movie/7', {}, readMovie, signal);
    const [left, stayed] = await Promise.allSettled([get(leaving.signal), get()]);
    expect(left).toMatchObject({ reason: { message: 'left' } });
    expect(stayed).toMatchObject({ reason: expect.any(OutageError) });
  });

  it('reports an outage when TMDB answers only 429 for 15 minutes', async () => {
    const throttled: Answer = (response) => answerJson(response, 429, { status_code: 25 });
    const reported: Wait[] = [];
    const onWait: OnWait = (wait) => void reported.push(wait);
    // Each 429 pauses for at least a second, and an answer starts a new quarter of an hour.
    const { getMovie, clock } = await startClient([...new Array(400).fill(throttled), movie, throttled], {
      onWait,
    });
    expect(await getMovie()).toMatchObject({ kind: 'ok' });
    const before = clock.now();
    const error = await getMovie().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(OutageError);
    expect(String(error)).toMatch(/has throttled every request \(429\) for 15 minutes\./);
    expect(clock.now() - before).toBeGreaterThanOrEqual(15 * 60_000);
    expect(clock.now() - before).toBeLessThan(16 * 60_000);
    expect(reported.at(-1)).toMatchObject({ next: 'giving up', untilMs: expect.any(Number) });
  });

  it('waits for the time in Retry-After, and reports it', async () => {
    const throttled: Answer = (response) => response.writeHead(429, { 'retry-after': '42' }).end('{}');
    const reported: Wait[] = [];
    const { getMovie, clock } = await startClient([throttled, movie], {
      onWait: (wait) => void reported.push(wait),
    });
    const before = clock.now();
    await getMovie();
    expect(clock.now() - before).toBeGreaterThanOrEqual(42_000);
    expect(reported).toMatchObject([{ reason: 'TMDB asks for a pause (429)', next: 'continuing' }]);
    expect((reported[0]?.untilMs ?? 0) - before).toBeGreaterThanOrEqual(42_000);
  });

  it('stops at once when TMDB rejects the key, and never shows the key', async () => {
    const reject: Answer = (response) =>
      answerJson(response, 401, { status_code: 7, status_message: 'Invalid API key' });
    const { getMovie, server } = await startClient([reject], { others: reject });
    const errors = await Promise.all([1, 2, 3].map(() => getMovie().catch((error: unknown) => error)));
    for (const error of errors) {
      expect(error).toBeInstanceOf(KeyRejectedError);
      expect(String(error)).toContain('Invalid API key');
      expect(String(error)).not.toContain(KEY);
    }
    // One confirmation for all.
    expect(server.requests.filter((request) => request.includes('/3/authentication'))).toHaveLength(1);
  });

  it.each([
    ['that TMDB accepts', up, 'answers'],
    ['that TMDB cannot check', unavailable, 'fails'],
  ])('retries a 401 for a key %s, at most eight times', async (_what, others, end) => {
    const reject: Answer = (response) =>
      answerJson(response, 401, { status_code: 7, status_message: 'Invalid API key' });
    const few = await startClient([reject, reject, movie], { others });
    expect(await few.getMovie()).toMatchObject({ kind: 'ok' });
    await few.server.stop();
    const many = await startClient([reject], { others });
    const error = await many.getMovie().catch((error: unknown) => error);
    expect(error).toBeInstanceOf(end === 'answers' ? RequestFailedError : OutageError);
    expect(String(error)).toContain('401 (code 7)');
    expect(String(error)).not.toContain(KEY);
    // The backoff lasts less than two minutes; an accepted key is not checked again for ten seconds.
    const checks = many.server.requests.filter((request) => request.includes('/3/authentication'));
    expect(checks.length).toBeLessThanOrEqual(MAX_ATTEMPTS + 3);
  });

  it('never shows the key, even if a response repeats it', async () => {
    const repeat: Answer = (response, request) =>
      answerJson(response, 422, { status_code: 22, status_message: `bad request: ${request.url}` });
    const { getMovie } = await startClient([repeat]);
    const answer = await getMovie();
    expect(answer).toMatchObject({ kind: 'refused', reason: expect.stringContaining('bad request') });
    expect(JSON.stringify(answer)).not.toContain(KEY);
  });

  it('sends a v3 key in the query, a v4 token as Bearer, and its User-Agent', async () => {
    const seen: (string | undefined)[] = [];
    const record: Answer = (response, request) => {
      seen.push(request.url, request.headers.authorization, request.headers['user-agent']);
      answerJson(response, 200, { id: 7 });
    };
    await (await startClient([record])).getMovie();
    await server?.stop();
    await (await startClient([record], { apiKey: 'eyJhbGciOi.J9.x' })).getMovie();
    expect(seen).toEqual([
      `/3/movie/7?language=en-US&api_key=${KEY}`,
      undefined,
      'tdd-test/1',
      '/3/movie/7?language=en-US',
      'Bearer eyJhbGciOi.J9.x',
      'tdd-test/1',
    ]);
  });

  it('rejects at once when it is aborted', async () => {
    const abort = new AbortController();
    const { client, server } = await startClient([() => abort.abort(new Error('enough'))]);
    await expect(client.get('/3/movie/7', { language: 'en-US' }, readMovie, abort.signal)).rejects.toThrow(
      'enough',
    );
    expect(server.requests).toHaveLength(1);
  });

  it('opens at most twenty connections', async () => {
    let open = 0;
    let most = 0;
    let waiting: ServerResponse[] = [];
    const started = await startLoopbackServer((_, response) => {
      open += 1;
      most = Math.max(most, open);
      waiting.push(response);
      if (most < 20) return; // However slow the machine is.
      for (const each of waiting) {
        setTimeout(() => {
          open -= 1;
          answerJson(each, 200, { id: 7 });
        }, 20);
      }
      waiting = [];
    });
    server = started;
    const patient = createHttpGet({ userAgent: 'tdd-test/1', timeoutMs: 10_000 });
    await Promise.all(Array.from({ length: 60 }, () => patient(new URL(started.url), { headers: {} })));
    expect(most).toBe(20);
  });
});

describe('createHttpGet', () => {
  it.each([
    ['plain', {}, (body: string) => body],
    ['compressed', { 'content-encoding': 'gzip' }, gzipSync],
  ])('stops reading a %s response that is too large', async (_, headers, encode) => {
    const large = await startLoopbackServer((request, response) => {
      const size = request.url === '/large' ? 60_000_000 : 1_000_000;
      response.writeHead(200, headers).end(encode(' '.repeat(size)));
    });
    const capped = createHttpGet({ userAgent: 'tdd-test/1', maxBodyBytes: 1_000_000 });
    const options = { headers: {} };
    const answer = await capped(new URL(`${large.url}/fits`), options);
    expect(answer.body).toHaveLength(1_000_000);
    const failed = capped(new URL(`${large.url}/large`), options);
    await expect(failed).rejects.toThrow(TransportError);
    await expect(failed).rejects.toThrow('response larger than 1 MB');
    await large.stop();
  });
});

describe('checkKey', () => {
  it('accepts a valid key', async () => {
    server = await startLoopbackServer((_, response) => answerJson(response, 200, { success: true }));
    await checkKey({ http, baseUrl: server.url, apiKey: KEY });
    expect(server.requests).toEqual([`GET /3/authentication?api_key=${KEY}`]);
  });

  it('explains that TMDB rejected the key', async () => {
    server = await startLoopbackServer((_, response) =>
      answerJson(response, 401, {
        status_code: 7,
        status_message: 'Invalid API key: You must be granted a valid key.',
      }),
    );
    await expect(checkKey({ http, baseUrl: server.url, apiKey: KEY })).rejects.toThrow(
      /TMDB rejected the API key: 401 \(code 7\): Invalid API key/,
    );
  });

  it.each([
    ['a page', (response: ServerResponse) => response.writeHead(401).end('<html>Sign in</html>')],
    [
      'JSON of a gateway',
      (response: ServerResponse) => answerJson(response, 401, { message: 'Unauthorized' }),
    ],
  ])('takes a 401 with %s for neither a rejection nor an acceptance', async (_what, answer) => {
    server = await startLoopbackServer((_, response) => answer(response));
    await expect(checkKey({ http, baseUrl: server.url, apiKey: KEY })).rejects.toThrow(
      /could not check the API key \(401, not from TMDB\)/,
    );
  });

  it("explains that the base URL is not that of TMDB's API", async () => {
    server = await startLoopbackServer((_, response) =>
      answerJson(response, 404, { success: false, status_code: 34, status_message: 'Not found.' }),
    );
    const error = await checkKey({ http, baseUrl: `${server.url}/4`, apiKey: KEY }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(BaseUrlError);
    expect(String(error)).toMatch(/TMDB_BASE_URL .*\(got "http:\S+\/4", where/);
  });

  it('explains that TMDB cannot be reached', async () => {
    server = await startLoopbackServer(() => undefined);
    const { url } = server;
    await server.stop();
    const error = await checkKey({ http, baseUrl: url, apiKey: KEY }).catch((error: unknown) => error);
    expect(String(error)).toMatch(
      /^UserError: Cannot reach TMDB at .* to check the API key \(ECONNREFUSED\)/,
    );
    expect(String(error)).not.toContain(KEY);
  });

  it('does not accept a 200 that is not from TMDB', async () => {
    server = await startLoopbackServer((_, response) =>
      response.writeHead(200).end('<html>Login to Wi-Fi</html>'),
    );
    await expect(checkKey({ http, baseUrl: server.url, apiKey: KEY })).rejects.toThrow(/body is not JSON/);
  });
});
