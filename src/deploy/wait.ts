import type { Clock } from '../clock.ts';
import { UserError } from '../errors.ts';

/** The clock of a wait, and a callback for progress. */
export interface Waiter {
  readonly clock: Clock;
  /** Called once, when the first attempt did not succeed, with the longest wait in milliseconds. */
  readonly onWait?: ((limitMs: number) => void) | undefined;
}

export interface WaitOptions {
  /** Measured from the call. */
  readonly timeoutMs: number;
  /** The delay between two attempts. */
  readonly intervalMs?: number;
}

const DEFAULT_INTERVAL_MS = 2_000;

/**
 * Polls until `probe` returns a result.
 * @param options.what completes the error message "Timed out after 90 s waiting for …".
 * @param probe returns the result, or `undefined` for "not yet".
 * @throws {UserError} after the timeout; any error of `probe` at once.
 */
export async function waitFor<T>(
  { clock, onWait }: Waiter,
  options: WaitOptions & { readonly what: string },
  probe: () => Promise<T | undefined>,
): Promise<T> {
  const { timeoutMs, intervalMs = DEFAULT_INTERVAL_MS, what } = options;
  const deadline = clock.monotonic() + timeoutMs;
  for (let attempt = 0; ; attempt += 1) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (attempt === 0) onWait?.(timeoutMs);
    if (clock.monotonic() + intervalMs > deadline) {
      throw new UserError(
        `Timed out after ${Math.round(timeoutMs / 1000)} s waiting for ${what}: run the command again later.`,
      );
    }
    await clock.sleep(intervalMs);
  }
}

/**
 * Retries a call at a fixed interval while it fails with a transient error.
 * @throws the last error after the timeout; any other error at once.
 */
export async function retryWhile<T>(
  { clock, onWait }: Waiter,
  { timeoutMs, intervalMs = DEFAULT_INTERVAL_MS }: WaitOptions,
  isTransient: (error: unknown) => boolean,
  call: () => Promise<T>,
): Promise<T> {
  const deadline = clock.monotonic() + timeoutMs;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await call();
    } catch (error) {
      if (!isTransient(error) || clock.monotonic() + intervalMs > deadline) throw error;
      if (attempt === 0) onWait?.(timeoutMs);
      await clock.sleep(intervalMs);
    }
  }
}

/** Wraps a clock so that the signal aborts its sleeps, and with them all waits and retries. */
export function abortableClock(clock: Clock, signal: AbortSignal | undefined): Clock {
  return {
    now: () => clock.now(),
    monotonic: () => clock.monotonic(),
    sleep: (ms) => clock.sleep(ms, signal),
  };
}
