import type { FaultKind } from './faults.ts';

/** A request as it arrived, and what became of it. */
export interface RecordedRequest {
  /** Milliseconds by the stand-in's clock, with fractions. */
  readonly atMs: number;
  /** Percent-decoded, `..` resolved. */
  readonly path: string;
  /** The query without the key. */
  readonly query: string;
  readonly userAgent: string;
  /** 0 when no whole answer was sent. */
  status: number;
  fault?: FaultKind;
}

/** What the stand-in saw since it started, or since the last `clear`. */
export interface TmdbStats {
  readonly requests: readonly RecordedRequest[];
  /** Requests by path, without the query. */
  readonly byPath: Readonly<Record<string, number>>;
  readonly byStatus: Readonly<Record<number, number>>;
  readonly byFault: Readonly<Record<string, number>>;
  readonly userAgents: readonly string[];
  /** Answers 429, those of the rate limit and those of faults. */
  readonly tooManyRequests: number;
  /** Connections refused because there were too many. */
  readonly refusedSockets: number;
  /** The most connections open at the same time. */
  readonly maxSockets: number;
  /** The most requests in any one second. */
  readonly maxPerSecond: number;
}

/** Collects what the stand-in saw. */
export class TrafficRecord {
  #requests: RecordedRequest[] = [];
  #sockets = 0;
  #maxSockets = 0;
  #refusedSockets = 0;

  /** Notes a connection. @returns how many are open with it. */
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

  tell(): TmdbStats {
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
  /** May a request that arrives at `nowMs` pass? One that may is counted, one that may not is not. */
  admit(nowMs: number): boolean;
}

/** A sliding window: at most `requestsPerSecond` requests pass in any one second. */
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

/** The most instants of `timesMs` (in order) that lie in any one second. */
export function maxPerSecond(timesMs: readonly number[]): number {
  let most = 0;
  let first = 0;
  for (const [last, timeMs] of timesMs.entries()) {
    while (timeMs - (timesMs[first] ?? timeMs) >= 1_000) first++;
    most = Math.max(most, last - first + 1);
  }
  return most;
}
