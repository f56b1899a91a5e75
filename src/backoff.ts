/**
 * Exponential backoff with jitter (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/): the wait is
 * at most `firstMs · factor^(failures − 1)`, capped at `longestMs`.
 * @param failures how many attempts have failed so far, 1 or more.
 * @param options.jitter the share of the wait that is random: 0.5 is "equal jitter", the default; 1 is "full jitter".
 * @param random uniform in [0, 1).
 * @returns milliseconds to wait before the next attempt.
 */
export function backoffMs(
  failures: number,
  {
    firstMs,
    factor,
    longestMs,
    jitter = 0.5,
  }: {
    readonly firstMs: number;
    readonly factor: number;
    readonly longestMs: number;
    readonly jitter?: number;
  },
  random: () => number,
): number {
  const ceiling = Math.min(firstMs * factor ** (failures - 1), longestMs);
  return ceiling * (1 - jitter + random() * jitter);
}

/**
 * Parses a `Retry-After` header: seconds or an HTTP date (RFC 9110, section 10.2.3).
 * @param now milliseconds since the epoch, to which a date is compared.
 * @returns milliseconds from now; 0 for an absent or invalid header.
 */
export function parseRetryAfter(header: string | undefined, now: number): number {
  if (header === undefined) return 0;
  const seconds = Number(header);
  const ms = Number.isNaN(seconds) ? Date.parse(header) - now : seconds * 1_000;
  return Number.isFinite(ms) ? Math.max(0, ms) : 0;
}
