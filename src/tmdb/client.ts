import type { Clock } from '../clock.ts';
import { ConnectionError } from '../connection-error.ts';
import { createSharedCall } from '../shared-call.ts';
import { capitalize } from '../text.ts';
import type { Trace } from '../trace.ts';
import { LONG_WAIT_MS, type OnWait, type Wait } from '../wait.ts';
import { createAuthorizer, redactKey } from './api-key.ts';
import { createConfirmation } from './check-key.ts';
import { classifyAnswer, type Verdict } from './classify-answer.ts';
import { readMovie } from './documents.ts';
import { BadAnswerError, RequestFailedError } from './errors.ts';
import { type HttpGet, TransportError } from './http.ts';
import { connectionOutage, type Failure, outage } from './outage.ts';
import type { Pacer } from './pacer.ts';
import { createOutageWatch, MAX_ATTEMPTS, retryDelayMs } from './retry.ts';
import { createThrottling } from './throttling.ts';

/** The final result of one request to TMDB. `refused`: a permanent error for this title. */
export type TmdbAnswer<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'notFound' }
  | { readonly kind: 'refused'; readonly reason: string };

/** TMDB's API with pacing, validation and retries: every request is rate-limited and every transient error retried. */
export interface TmdbClient {
  /**
   * Sends a GET request and retries transient errors, with exponential backoff and jitter.
   * @param path a path such as `/3/movie/tt0133093`; the caller must have validated its parts.
   * @param read parses the JSON; throws {@link BadAnswerError} when it does not have the documented shape.
   * @throws {RequestFailedError} after {@link MAX_ATTEMPTS} failed attempts while TMDB answers other requests.
   * @throws {OutageError} when all requests fail, including probes of unrelated movies, or when all were answered with 429
   *   for a quarter of an hour; immediately when a certificate is not trusted, or the proxy refuses.
   * @throws {KeyRejectedError} when TMDB rejects the key, and `GET /3/authentication` confirms it.
   * @throws {BaseUrlError} when the base URL is not that of TMDB's API, and `GET /3/authentication` confirms it.
   * @throws the signal's reason when the signal is aborted.
   */
  get<T>(
    path: string,
    query: Readonly<Record<string, string>>,
    read: (json: unknown) => T,
    signal?: AbortSignal,
  ): Promise<TmdbAnswer<T>>;
  /** The number of requests sent so far, and how many of them were answered with 429. */
  readonly sent: Sent;
  /** Returns this client with a count of its own, which begins at 0 and also counts here: that of one partition among several. */
  scoped(): TmdbClient;
}

interface Sent {
  readonly requests: number;
  readonly throttled: number;
}

/** Counts a request, in each count that it belongs to. A probe or a check of the key belongs to the request that led to it. */
type Count = (name: keyof Sent) => void;

/** The dependencies and settings of a client. */
interface TmdbClientOptions {
  readonly http: HttpGet;
  readonly pacer: Pacer;
  readonly clock: Clock;
  /** Uniform in [0, 1): for the jitter of the backoff and for choosing probes. */
  readonly random: () => number;
  /** The base URL without a trailing slash, such as `https://api.themoviedb.org`. */
  readonly baseUrl: string;
  /** A v3 key (32 hex digits) or a v4 read token (`eyJ…`). */
  readonly apiKey: string;
  /** Observes retries, pauses and probes. */
  readonly trace?: Trace | undefined;
  /** Called when TMDB asks for a long pause, and when it stops answering: with the first retry and each long backoff. */
  readonly onWait?: OnWait | undefined;
}

/** Probes request random TMDB IDs up to this one. A 404 also proves that TMDB answers. */
const MAX_PROBED_ID = 1_000_000;
const PROBES = 3;

/**
 * Creates the TMDB client, the only layer that retries requests to TMDB. A connection reset, a timeout, a 5xx or a
 * malformed body is a failed attempt. A 429 is not a failed attempt: it slows the pacer down and the request is resent.
 */
export function createTmdbClient({
  http,
  pacer,
  clock,
  random,
  baseUrl,
  apiKey,
  trace,
  onWait,
}: TmdbClientOptions): TmdbClient {
  const authorize = createAuthorizer(apiKey);
  const confirmation = createConfirmation({ baseUrl, apiKey }, clock);
  const watch = createOutageWatch();
  let answers = 0;
  let isSilent = false;
  const throttling = createThrottling({ pacer, clock, baseUrl, trace, reportWait });
  const probe = createSharedCall<Failure | undefined>();
  return createScope();

  /** Returns the unpaced HTTP client. */
  function counted(count: Count): HttpGet {
    return (url, options) => {
      count('requests');
      return http(url, options);
    };
  }

  async function send(
    path: string,
    query: Readonly<Record<string, string>>,
    count: Count,
    signal: AbortSignal | undefined,
  ): Promise<Verdict> {
    const url = new URL(baseUrl + path);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const headers = authorize(url);
    for (;;) {
      const sentAtMs = await pacer.take(signal);
      const verdict = classifyAnswer(redactKey(await counted(count)(url, { headers, signal }), apiKey), path);
      if (verdict.next !== 'throttled') {
        throttling.end();
        return verdict;
      }
      count('throttled');
      throttling.pause(verdict.retryAfter, sentAtMs);
    }
  }

  /** Makes one attempt. @returns the answer, or the reason for the failure. */
  async function attempt<T>(
    path: string,
    query: Readonly<Record<string, string>>,
    read: (json: unknown) => T,
    count: Count,
    signal: AbortSignal | undefined,
  ): Promise<TmdbAnswer<T> | Failure> {
    try {
      const verdict = await send(path, query, count, signal);
      switch (verdict.next) {
        case 'use':
          return { kind: 'ok', value: read(verdict.json) };
        case 'notFound':
          return { kind: 'notFound' };
        case 'refused':
          return { kind: 'refused', reason: verdict.reason };
        case 'keyRejected':
        case 'wrongUrl':
          trace?.decision(`TMDB: ${verdict.reason}; checking the API key and the base URL`);
          await confirmation.confirm(counted(count), signal);
          return { kind: 'failure', reason: verdict.reason };
        default:
          return { kind: 'failure', reason: verdict.next === 'retry' ? verdict.reason : verdict.next };
      }
    } catch (error) {
      if (error instanceof TransportError) {
        return { kind: 'failure', reason: error.message, connection: error.cause };
      }
      if (error instanceof BadAnswerError) return { kind: 'failure', reason: error.message };
      if (error instanceof ConnectionError) throw connectionOutage(error);
      throw error;
    }
  }

  /**
   * Probes TMDB, so that a title counts as failed only while TMDB answers other requests. In an outage it stays untried.
   * @throws {OutageError} when TMDB does not answer the probes either.
   */
  async function assertTmdbAnswers(
    { reason }: Failure,
    count: Count,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const failure = await probe.join((shared) => {
      trace?.decision(`TMDB: ${reason}; probing unrelated movies`);
      return probeOtherMovies(count, shared);
    }, signal);
    if (failure === undefined) return watch.recordAnswer();
    watch.declareOutage();
    throw outage(
      baseUrl,
      reason === failure.reason ? failure : { ...failure, reason: `${reason}, then ${failure.reason}` },
    );
  }

  /**
   * Requests random movies, which caches are unlikely to hold.
   * @returns the last failure, if neither the probes nor any other request succeeded; `undefined` if one did.
   */
  async function probeOtherMovies(count: Count, signal: AbortSignal): Promise<Failure | undefined> {
    const before = answers;
    for (let tries = 1; ; tries += 1) {
      const path = `/3/movie/${1 + Math.floor(random() * MAX_PROBED_ID)}`;
      const answer = await attempt(path, {}, readMovie, count, signal); // Any other JSON is not from TMDB.
      if (answer.kind !== 'failure' || answers > before) return undefined;
      if (tries >= PROBES) return answer;
      await clock.sleep(retryDelayMs(tries, random), signal);
    }
  }

  async function get<T>(
    path: string,
    query: Readonly<Record<string, string>>,
    read: (json: unknown) => T,
    count: Count,
    signal: AbortSignal | undefined,
  ): Promise<TmdbAnswer<T>> {
    for (let tries = 1; ; tries += 1) {
      const answersBefore = answers;
      // Wait for a check before sending anything else.
      if (probe.isRunning) await assertTmdbAnswers({ kind: 'failure', reason: 'no answer' }, count, signal);
      await confirmation.pending(signal);
      const answer = await attempt(path, query, read, count, signal);
      if (answer.kind !== 'failure') {
        answers += 1;
        isSilent = false;
        watch.recordAnswer();
        return answer;
      }
      const next = watch.recordFailure();
      if (next === 'outage') throw outage(baseUrl, answer);
      const isLast = tries >= MAX_ATTEMPTS;
      const needsProbe = isLast || next === 'probe' || probe.isRunning;
      const delayMs = isLast ? 0 : retryDelayMs(tries, random);
      // A single failure is common.
      if ((tries > 1 || next === 'probe') && answers === answersBefore) reportSilence(answer, delayMs);
      if (needsProbe) await assertTmdbAnswers(answer, count, signal);
      if (isLast) throw new RequestFailedError(answer.reason, tries);
      trace?.decision(
        `TMDB ${path}: ${answer.reason}; attempt ${tries + 1} of ${MAX_ATTEMPTS} in ${Math.round(delayMs)} ms`,
      );
      await clock.sleep(delayMs, signal);
    }
  }

  /** @param outer counts for the client from which this one was created. */
  function createScope(outer: Count = () => {}): TmdbClient {
    const sent = { requests: 0, throttled: 0 };
    const count: Count = (name) => {
      sent[name] += 1;
      outer(name);
    };
    return {
      sent,
      get: (path, query, read, signal) => get(path, query, read, count, signal),
      scoped: () => createScope(count),
    };
  }

  function reportSilence({ reason, connection }: Failure, delayMs: number): void {
    if (isSilent && delayMs < LONG_WAIT_MS) return;
    isSilent = true;
    const problem = connection ? capitalize(connection.problem) : `TMDB is not responding (${reason})`;
    reportWait(problem, 'retrying', delayMs);
  }

  function reportWait(reason: string, next: Wait['next'], ms: number): void {
    onWait?.({ reason, next, untilMs: clock.now() + ms });
  }
}
