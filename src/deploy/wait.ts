import type { Clock } from '../clock.ts';
import { UserError } from '../errors.ts';

/** Who waits. */
export interface Waiter {
  readonly clock: Clock;
  /** Called when the first attempt was not enough. */
  readonly onWait?: (() => void) | undefined;
}

export interface WaitOptions {
  /** Counted from the call. */
  readonly timeoutMs: number;
  /** Between two attempts. */
  readonly intervalMs?: number;
}

const DEFAULT_INTERVAL_MS = 2_000;

/**
 * Polls until there is an answer.
 * @param options.what what is waited for, for the error: "The change of the function".
 * @param probe gives the answer, or `undefined` for "not yet".
 * @throws {UserError} after the timeout; and what `probe` throws, at once.
 */
export async function waitFor<T>(
  { clock, onWait }: Waiter,
  options: WaitOptions & { readonly what: string },
  probe: () => Promise<T | undefined>,
): Promise<T> {
  const { timeoutMs, intervalMs = DEFAULT_INTERVAL_MS, what } = options;
  const deadline = clock.now() + timeoutMs;
  for (let attempt = 0; ; attempt += 1) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (attempt === 0) onWait?.();
    if (clock.now() + intervalMs > deadline) {
      throw new UserError(
        `${what} did not come about within ${Math.round(timeoutMs / 1000)} seconds: run the command again later.`,
      );
    }
    await clock.sleep(intervalMs);
  }
}

/**
 * Repeats a call while it fails with a transient error.
 * @throws the last error itself after the timeout, and any other at once.
 */
export async function retryWhile<T>(
  { clock, onWait }: Waiter,
  { timeoutMs, intervalMs = DEFAULT_INTERVAL_MS }: WaitOptions,
  isTransient: (error: unknown) => boolean,
  call: () => Promise<T>,
): Promise<T> {
  const deadline = clock.now() + timeoutMs;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (!isTransient(error) || clock.now() + intervalMs > deadline) throw error;
      if (attempt === 0) onWait?.();
      await clock.sleep(intervalMs);
    }
  }
}

/** The clock with a signal that ends its sleeps, and with them whatever waits. */
export function abortableClock(clock: Clock, signal: AbortSignal | undefined): Clock {
  return { now: () => clock.now(), sleep: (ms) => clock.sleep(ms, signal) };
}
