import { backoffMs } from '../backoff.ts';

/** How often a request is sent at most: bursts of resets of a minute have been seen. */
export const MAX_ATTEMPTS = 8;

/** Most faults are gone at once, and a worker at its last title has nothing else to do. */
const BACKOFF = { firstMs: 250, factor: 3, longestMs: 30_000 };

/**
 * How long to wait after the `tries`-th failure: the waits between eight tries add up to 45 to 90 seconds.
 * @param random uniform in [0, 1).
 * @returns milliseconds.
 */
export function retryDelayMs(tries: number, random: () => number): number {
  return backoffMs(tries, BACKOFF, random);
}

/**
 * Reads a `Retry-After` header: seconds or an HTTP date (RFC 9110, 10.2.3).
 * @param now epoch ms, for a date.
 * @returns milliseconds from now; 0 when it is absent or invalid.
 */
export function parseRetryAfter(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1_000;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}

/** Distinguishes titles that always fail from an outage of TMDB. */
interface OutageWatch {
  /** TMDB has answered a question. */
  answered(): void;
  /**
   * A question has failed once more.
   * @returns what this means: `goOn`; `inDoubt`, so that another question has to decide; `outage`.
   */
  failed(): 'goOn' | 'inDoubt' | 'outage';
  /** TMDB is down: until it answers, each failure is an outage. */
  declareOutage(): void;
}

/** After this many failures in a row TMDB may be down. */
const DOUBT_AFTER = 20;

/**
 * Counts failures in a row. Alone they never mean an outage: a partition may have many titles that always fail, and all
 * connections may be busy with these at the same time.
 */
export function createOutageWatch(): OutageWatch {
  let failures = 0;
  let isDown = false;
  return {
    answered() {
      failures = 0;
      isDown = false;
    },
    failed() {
      if (isDown) return 'outage';
      failures += 1;
      if (failures < DOUBT_AFTER) return 'goOn';
      failures = 0;
      return 'inDoubt';
    },
    declareOutage() {
      isDown = true;
    },
  };
}
