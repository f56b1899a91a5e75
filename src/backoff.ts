/**
 * Exponential backoff with "equal jitter"
 * (https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/): the wait lies between one half and the
 * whole of `firstMs · factor^(failures − 1)`, which is capped at `longestMs`.
 * @param failures how many tries have failed so far, from 1.
 * @param random uniform in [0, 1).
 * @returns milliseconds to wait before the next try.
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
