/**
 * Exponential backoff with "equal jitter"
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/): the wait is between 50 % and 100 % of
 * `firstMs · factor^(failures − 1)`, capped at `longestMs`.
 * @param failures how many attempts have failed so far, 1 or more.
 * @param random uniform in [0, 1).
 * @returns milliseconds to wait before the next attempt.
 */
export function backoffMs(
  failures: number,
  {
    firstMs,
    factor,
    longestMs,
  }: { readonly firstMs: number; readonly factor: number; readonly longestMs: number },
  random: () => number,
): number {
  const ceiling = Math.min(firstMs * factor ** (failures - 1), longestMs);
  return ceiling / 2 + random() * (ceiling / 2);
}
