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
