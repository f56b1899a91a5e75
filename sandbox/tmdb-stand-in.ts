import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type Clock, systemClock } from '../src/clock.ts';
import type { Catalogue } from './catalogue.ts';
import { type LoopbackServer, listenOnLoopback } from './loopback-server.ts';
import { type Answer, errorAnswer, htmlAnswer, sendAnswer } from './tmdb/errors.ts';
import { createFaultPlan, type FaultKind, type FaultOptions, sendFault } from './tmdb/faults.ts';
import { type Revocation, refuseKey, SANDBOX_API_KEY, SANDBOX_READ_TOKEN } from './tmdb/keys.ts';
import { answerRoute, readRequestUrl } from './tmdb/routes.ts';
import { createRateLimit, type RecordedRequest, type TmdbStats, TrafficRecord } from './tmdb/traffic.ts';

export interface TmdbStandInOptions {
  readonly catalogue: Catalogue;
  /** The accepted v3 keys and v4 tokens (`eyJ…`). Default: the sandbox's key and token. */
  readonly apiKeys?: readonly string[];
  /** The response time in milliseconds, or its range. Default: 0. */
  readonly latencyMs?: number | readonly [number, number];
  /** The rate above which requests get a 429. Default: no limit. */
  readonly requestsPerSecond?: number;
  /** The `Retry-After` of a 429, in seconds. Default: none, as recorded in 2023; 0 has been seen, too. */
  readonly retryAfterSeconds?: number;
  /** The maximum number of connections. TMDB's CDN allows 20 per address. Default: no limit. */
  readonly maxSockets?: number;
  /** How connections above the limit are refused: with a reset, or with an HTML page with status 403. */
  readonly tooManySockets?: 'reset' | 'html 403';
  readonly faults?: FaultOptions;
  /** Repeats the last review of a page on the next page, see {@link answerRoute}. */
  readonly shiftPages?: boolean;
  readonly clock?: Clock;
  /** Draws the latency. */
  readonly random?: () => number;
  readonly port?: number;
}

/** This many responses take about 50 MB. */
const MOST_ANSWERS = 10_000;

/** TMDB on loopback. */
export interface TmdbStandIn extends LoopbackServer {
  /** Returns the statistics so far, in a new object. */
  stats(): TmdbStats;
  /** Returns the number of requests so far, without the work of the statistics. */
  countRequests(): number;
  clearStats(): void;
  /** Replaces all faults. */
  setFaults(faults: FaultOptions): void;
  /** Revokes all keys, or accepts them again. */
  setKeyRevoked(revoked: Revocation): void;
  /** Responds to every request with one fault; `undefined` ends that. */
  setDown(kind: FaultKind | undefined): void;
}

/** A clock with fractions of milliseconds, precise enough to measure pacing. */
const preciseClock: Clock = { ...systemClock, now: () => performance.timeOrigin + performance.now() };

/** Starts a stand-in for api.themoviedb.org with a catalogue's movies. docs/tmdb.md documents its behavior. */
export async function startTmdbStandIn(options: TmdbStandInOptions): Promise<TmdbStandIn> {
  const { catalogue, apiKeys = [SANDBOX_API_KEY, SANDBOX_READ_TOKEN], clock = preciseClock } = options;
  const { latencyMs = 0, random = Math.random, maxSockets = Number.POSITIVE_INFINITY } = options;
  const traffic = new TrafficRecord();
  const rateLimit = createRateLimit(options.requestsPerSecond ?? Number.POSITIVE_INFINITY);
  const refused = new WeakSet<object>();
  const answers = new Map<string, Answer>();
  const retryAfter = options.retryAfterSeconds;
  const tooMany: Answer = {
    ...errorAnswer(25),
    ...(retryAfter === undefined ? {} : { headers: { 'retry-after': String(retryAfter) } }),
  };
  let faultPlan = createFaultPlan(options.faults ?? {});
  let revoked: Revocation = false;
  let down: FaultKind | undefined;

  /** Returns the response without faults. The latest responses with status 200 are cached. */
  const answer = (
    request: IncomingMessage,
    path: string,
    query: URLSearchParams,
    apiKey: string | null,
  ): Answer => {
    const { authorization } = request.headers;
    const refusal = refuseKey({ apiKey, authorization }, apiKeys, revoked);
    if (refusal !== undefined) return refusal;
    if (request.method !== 'GET') return errorAnswer(42);
    const what = `${path}?${query}`;
    const kept = answers.get(what);
    if (kept !== undefined) return kept;
    const made = answerRoute(catalogue, path, query, options);
    if (made.status !== 200) return made;
    if (answers.size >= MOST_ANSWERS) answers.clear();
    answers.set(what, made);
    return made;
  };

  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const { path, query, apiKey } = readRequestUrl(request.url ?? '/');
    const userAgent = request.headers['user-agent'] ?? '';
    const record: RecordedRequest = { atMs: clock.now(), path, query: String(query), userAgent, status: 0 };
    traffic.add(record);
    const send = (sent: Answer): void => {
      record.status = sent.status;
      sendAnswer(response, sent);
    };
    const act = (): void => {
      const fault = refused.has(request.socket) ? undefined : (down ?? faultPlan.next(path, record.query));
      if (fault !== undefined) {
        record.fault = fault;
        sendFault(fault, response, { answer: answer(request, path, query, apiKey), tooMany, send });
      } else if (refused.has(request.socket)) {
        send({ ...htmlAnswer(403), headers: { connection: 'close' } });
      } else if (rateLimit.admit(record.atMs)) {
        send(answer(request, path, query, apiKey));
      } else {
        send(tooMany);
      }
    };
    const waitMs =
      typeof latencyMs === 'number' ? latencyMs : latencyMs[0] + random() * (latencyMs[1] - latencyMs[0]);
    if (waitMs > 0) void clock.sleep(waitMs).then(act);
    else act();
  };

  const server = createServer({ keepAliveTimeout: 60_000 }, serve);
  server.on('connection', (socket) => {
    const open = traffic.open();
    socket.on('close', () => traffic.close());
    if (open <= maxSockets) return;
    traffic.refuseSocket();
    if (options.tooManySockets === 'html 403') refused.add(socket);
    else socket.resetAndDestroy();
  });
  return {
    ...(await listenOnLoopback(server, options.port)),
    stats: () => traffic.stats(),
    countRequests: () => traffic.count(),
    clearStats: () => traffic.clear(),
    setFaults: (faults) => {
      faultPlan = createFaultPlan(faults);
    },
    setKeyRevoked: (how) => {
      revoked = how;
    },
    setDown: (kind) => {
      down = kind;
    },
  };
}
