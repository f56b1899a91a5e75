/** A request is sent at most so many times: bursts of resets of a minute have been seen. */
export const MAX_TRIES = 8;

/** Most faults are gone at once, and a worker at its last title has nothing else to do. */
const FIRST_WAIT_MS = 250;
const GROWTH = 3;
const LONGEST_WAIT_MS = 30_000;

/**
 * How long to wait after the `tries`-th failure: exponential, with "equal jitter"
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/), so that the waits between
 * eight tries add up to 45 to 90 seconds.
 * @param random uniform in [0, 1).
 * @returns milliseconds.
 */
export function backoffMs(tries: number, random: () => number): number {
  const ceiling = Math.min(FIRST_WAIT_MS * GROWTH ** (tries - 1), LONGEST_WAIT_MS);
  return ceiling / 2 + random() * (ceiling / 2);
}
