import { backoffMs } from '../backoff.ts';

/** The maximum number of attempts per request. Connection resets have been seen for a minute in a row. */
export const MAX_ATTEMPTS = 8;

/** The first wait is short because most errors are brief, and a worker at its last title can only wait. */
const BACKOFF = { firstMs: 250, factor: 3, longestMs: 30_000 };

/**
 * The backoff with jitter after the `tries`-th failed attempt. The waits between eight attempts add up to 45 to 90 seconds.
 * @param random uniform in [0, 1).
 * @returns milliseconds to wait.
 */
export function retryDelayMs(tries: number, random: () => number): number {
  return backoffMs(tries, BACKOFF, random);
}

/** Distinguishes requests that always fail from an outage of TMDB. */
interface OutageWatch {
  /** Records that TMDB has answered a request. */
  recordAnswer(): void;
  /**
   * Records that a request has failed.
   * @returns what to do: `retry` it; `probe` TMDB with another request first; or report an `outage`.
   */
  recordFailure(): 'retry' | 'probe' | 'outage';
  /** Records that a probe has failed: until TMDB answers again, each failure means an outage. */
  declareOutage(): void;
}

/** After this many failures in a row, a probe checks whether TMDB is down. */
const PROBE_AFTER_FAILURES = 20;

/**
 * Counts consecutive failures. They alone never mean an outage: a partition may have many titles that always fail, and all
 * connections may be busy with them at the same time.
 */
export function createOutageWatch(): OutageWatch {
  let failures = 0;
  let isDown = false;
  return {
    recordAnswer() {
      failures = 0;
      isDown = false;
    },
    recordFailure() {
      if (isDown) return 'outage';
      failures += 1;
      if (failures < PROBE_AFTER_FAILURES) return 'retry';
      failures = 0;
      return 'probe';
    },
    declareOutage() {
      isDown = true;
    },
  };
}
