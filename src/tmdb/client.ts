import type { Clock } from '../clock.ts';
import { classifyAnswer, type Verdict } from './classify-answer.ts';
import { BadAnswerError, KeyRejectedError, OutageError, RequestFailedError } from './errors.ts';
import { type HttpAnswer, type HttpGet, TransportError } from './http.ts';
import type { Pacer } from './pacer.ts';
import { createOutageWatch, MAX_ATTEMPTS, parseRetryAfter, retryDelayMs } from './retry.ts';

/** What TMDB says to one question. */
export type TmdbAnswer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'refused'; readonly reason: string };

/** TMDB's API as the look-ups see it: every request paced, every answer checked, every transient fault retried. */
export interface TmdbClient {
  /**
   * Sends one GET, and again after each transient fault.
   * @param path such as `/3/movie/tt0133093`; its parts must have been checked before.
   * @param read takes the JSON apart; throws {@link BadAnswerError} when it is not of the documented shape.
   * @throws {RequestFailedError} after {@link MAX_ATTEMPTS} tries, while TMDB answers others.
   * @throws {OutageError} when all requests fail, probes of unrelated movies included.
   * @throws {KeyRejectedError} when TMDB rejects the key.
   * @throws the signal's reason when it is aborted.
   */
  get<T>(
    path: string,
    query: Readonly<Record<string, string>>,
    read: (json: unknown) => T,
    signal?: AbortSignal,
  ): Promise<TmdbAnswer<T>>;
  /** How many requests were sent so far, and how many of them were answered with 429. */
  readonly sent: { readonly requests: number; readonly throttled: number };
}

/** What the client is made of. */
interface TmdbClientOptions {
  readonly http: HttpGet;
  readonly pacer: Pacer;
  readonly clock: Clock;
  /** Uniform in [0, 1): jitter for the waits between tries. */
  readonly random: () => number;
  /** `https://api.themoviedb.org`, or a stand-in. */
  readonly baseUrl: string;
  /** A v3 key (32 hex digits) or a v4 read token (`eyJ…`). */
  readonly apiKey: string;
}

/** Probes ask for random numbers below this: "no such movie" is an answer, too. */
const MOVIE_NUMBERS = 1_000_000;
const PROBES = 3;

/**
 * Makes the client of TMDB, which is the only retry layer. A reset, a time-out, a 5xx or a malformed body is a failed
 * try; a 429 is not: it slows the pacer down and costs no try.
 */
export function createTmdbClient({
  http,
  pacer,
  clock,
  random,
  baseUrl,
  apiKey,
}: TmdbClientOptions): TmdbClient {
  const authorize = apiKeyWriter(apiKey);
  const sent = { requests: 0, throttled: 0 };
  const watch = createOutageWatch();
  let answers = 0;
  let probe: Promise<string | undefined> | undefined;

  async function send(
    path: string,
    query: Readonly<Record<string, string>>,
    signal?: AbortSignal,
  ): Promise<Verdict> {
    const url = new URL(baseUrl + path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const headers = authorize(url);
    for (;;) {
      const sentAtMs = await pacer.take(signal);
      sent.requests += 1;
      const verdict = classifyAnswer(redactKey(await http(url, { headers, signal }), apiKey));
      if (verdict.next !== 'throttled') return verdict;
      sent.throttled += 1;
      pacer.throttled(sentAtMs, parseRetryAfter(verdict.retryAfter, clock.now()));
    }
  }

  /** One try: an answer, or why there was none. */
  async function attempt<T>(
    ask: () => Promise<Verdict>,
    read: (json: unknown) => T,
  ): Promise<TmdbAnswer<T> | { readonly kind: 'failure'; readonly reason: string }> {
    try {
      const verdict = await ask();
      switch (verdict.next) {
        case 'use':
          return { kind: 'ok', value: read(verdict.json) };
        case 'notFound':
          return { kind: 'notFound' };
        case 'refused':
          return { kind: 'refused', reason: verdict.reason };
        case 'keyRejected':
          throw createKeyRejectedError(verdict.reason);
        default:
          return { kind: 'failure', reason: verdict.next === 'retry' ? verdict.reason : verdict.next };
      }
    } catch (error) {
      if (error instanceof TransportError || error instanceof BadAnswerError) {
        return { kind: 'failure', reason: error.message };
      }
      throw error;
    }
  }

  /** A title fails only while TMDB answers others: in an outage it stays untried. @throws {OutageError} */
  async function assertTmdbAnswers(reason: string, signal?: AbortSignal): Promise<void> {
    probe ??= probeOtherMovies(signal).finally(() => {
      probe = undefined;
    });
    const failure = await probe;
    if (failure === undefined) return watch.answered();
    watch.declareOutage();
    throw outage(`${reason}, then ${failure}`);
  }

  /**
   * Asks for random movies, which no cache in between is likely to have.
   * @returns the last failure, when neither these nor any other request was answered meanwhile.
   */
  async function probeOtherMovies(signal?: AbortSignal): Promise<string | undefined> {
    const before = answers;
    for (let tries = 1; ; tries += 1) {
      const path = `/3/movie/${1 + Math.floor(random() * MOVIE_NUMBERS)}`;
      const answer = await attempt(
        () => send(path, {}, signal),
        () => true,
      );
      if (answer.kind !== 'failure' || answers > before) return undefined;
      if (tries >= PROBES) return answer.reason;
      await clock.sleep(retryDelayMs(tries, random), signal);
    }
  }

  return {
    sent,
    async get(path, query, read, signal) {
      for (let tries = 1; ; tries += 1) {
        if (probe) await assertTmdbAnswers('no answer', signal); // Nothing else is sent during a probe.
        const answer = await attempt(() => send(path, query, signal), read);
        if (answer.kind !== 'failure') {
          answers += 1;
          watch.answered();
          return answer;
        }
        const next = watch.failed();
        if (next === 'outage') throw outage(answer.reason);
        const isLast = tries >= MAX_ATTEMPTS;
        if (isLast || next === 'inDoubt' || probe) await assertTmdbAnswers(answer.reason, signal);
        if (isLast) throw new RequestFailedError(answer.reason, tries);
        await clock.sleep(retryDelayMs(tries, random), signal);
      }
    },
  };

  function outage(reason: string): OutageError {
    return new OutageError(
      `TMDB at ${baseUrl} does not answer (last: ${reason}); the titles not yet done stay untried: try again later.`,
    );
  }
}

/** An error's answer may repeat what was asked, and its text goes into manifests and logs. */
export function redactKey(answer: HttpAnswer, apiKey: string): HttpAnswer {
  return answer.status === 200 ? answer : { ...answer, body: answer.body.replaceAll(apiKey, '[key]') };
}

/** The error of a key that TMDB rejects; it never shows the key. */
export function createKeyRejectedError(reason: string): KeyRejectedError {
  return new KeyRejectedError(
    `TMDB rejected the API key: ${reason.replace(/\.$/, '')}; check it at https://www.themoviedb.org/settings/api and run "tdd development".`,
  );
}

/**
 * A v4 token goes into the `Authorization` header, a v3 key into the query: sent the other way, each is a 401.
 * @returns a function that puts the key on a URL and gives the headers to send.
 */
export function apiKeyWriter(apiKey: string): (url: URL) => Record<string, string> {
  return (url) => {
    if (apiKey.startsWith('eyJ')) return { authorization: `Bearer ${apiKey}` };
    url.searchParams.set('api_key', apiKey);
    return {};
  };
}
