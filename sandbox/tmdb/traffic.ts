import type { FaultKind } from './faults.ts';

/** A request and the status of its response. */
export interface RecordedRequest {
  /** Milliseconds by the stand-in's clock, with fractions. */
  readonly atMs: number;
  /** Percent-decoded, `..` resolved. */
  readonly path: string;
  /** The query without the key. */
  readonly query: string;
  readonly userAgent: string;
  /** 0 when no complete response was sent. */
  status: number;
  fault?: FaultKind;
}

/** Requests and connections since the start, or since the last `clear`. */
export interface TmdbStats {
  readonly requests: readonly RecordedRequest[];
  /** Requests by path, without the query. */
  readonly byPath: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<number, number>>;
  readonly byFault: Readonly<Record<string, number>>;
  readonly userAgents: readonly string[];
  /** Responses with status 429, from the rate limit and from faults. */
  readonly tooManyRequests: number;
  /** Connections refused above the limit. */
  readonly refusedSockets: number;
  /** The highest number of open connections. */
  readonly maxSockets: number;
  /** The highest number of requests in any second. */
  readonly maxPerSecond: number;
}

/** Records requests and connections. */
export class TrafficRecord {
  #requests: RecordedRequest[] = [];
  #sockets = 0;
  #maxSockets = 0;
  #refusedSockets = 0;

  /** Records a new connection. @returns the number of open connections. */
  open(): number {
    this.#sockets += 1;
    this.#maxSockets = Math.max(this.#maxSockets, this.#sockets);
    return this.#sockets;
  }

  close(): void {
    this.#sockets -= 1;
  }

  refuseSocket(): void {
    this.#refusedSockets += 1;
  }

  add(request: RecordedRequest): void {
    this.#requests.push(request);
  }

  clear(): void {
    this.#requests = [];
    this.#maxSockets = this.#sockets;
    this.#refusedSockets = 0;
  }

  /** The number of requests; unlike {@link stats}, it takes no time. */
  count(): number {
    return this.#requests.length;
  }

  stats(): TmdbStats {
    const requests = this.#requests;
    return {
      requests,
      byPath: count(requests.map(({ path }) => path)),
      byStatus: count(requests.map(({ status }) => status)),
      byFault: count(requests.flatMap(({ fault }) => fault ?? [])),
      userAgents: [...new Set(requests.map(({ userAgent }) => userAgent))],
      tooManyRequests: requests.filter(({ status }) => status === 429).length,
      refusedSockets: this.#refusedSockets,
      maxSockets: this.#maxSockets,
      maxPerSecond: maxPerSecond(requests.map(({ atMs }) => atMs)),
    };
  }
}

function count<T extends string | number>(values: readonly T[]): Record<T, number> {
  const counts = {} as Record<T, number>;
  for (const value of values) counts[value] = (counts[value] ?? 0) + 1;
  return counts;
}

/** Counts requests in the last second. */
export interface RateLimit {
  /** Whether a request that arrives at `nowMs` passes. Only requests that pass are counted. */
  admit(nowMs: number): boolean;
}

/** Creates a sliding window: at most `requestsPerSecond` requests pass in any one second. */
export function createRateLimit(requestsPerSecond: number): RateLimit {
  if (!Number.isFinite(requestsPerSecond)) return { admit: () => true };
  const passedAt: number[] = [];
  return {
    admit(nowMs) {
      while (passedAt[0] !== undefined && nowMs - passedAt[0] >= 1_000) passedAt.shift();
      if (passedAt.length >= requestsPerSecond) return false;
      passedAt.push(nowMs);
      return true;
    },
  };
}

/** Returns the highest number of `timesMs` (sorted) within any second. */
export function maxPerSecond(timesMs: readonly number[]): number {
  let most = 0;
  let first = 0;
  for (const [last, timeMs] of timesMs.entries()) {
    while (timeMs - (timesMs[first] ?? timeMs) >= 1_000) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
