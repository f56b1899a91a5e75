import type { Clock } from '../clock.ts';
import { UserError } from '../errors.ts';

export interface WaitOptions {
  readonly clock: Clock;
  /** How long it may take, counted from the call. */
  readonly timeoutMs: number;
  /** Between two tries. */
  readonly intervalMs?: number;
  /** What did not come in time, for the error: "The queue can be made again". */
  readonly what: string;
  /** Told once, when the first try was not enough. */
  readonly onWait?: (() => void) | undefined;
}

const DEFAULT_INTERVAL_MS = 2_000;

/**
 * Asks again and again until there is an answer.
 * @param probe gives the answer, or `undefined` for "not yet".
 * @throws {UserError} when the time is over; and what `probe` throws, at once.
 */
export async function waitFor<T>(options: WaitOptions, probe: () => Promise<T | undefined>): Promise<T> {
  const { clock, timeoutMs, intervalMs = DEFAULT_INTERVAL_MS, what, onWait } = options;
  const deadline = clock.now() + timeoutMs;
  for (let tries = 0; ; tries += 1) {
    const answer = await probe();
    if (answer !== undefined) return answer;
    if (tries === 0) onWait?.();
    if (clock.now() + intervalMs > deadline) {
      throw new UserError(
        `${what} did not come about within ${Math.round(timeoutMs / 1000)} seconds: run the command again later.`,
      );
    }
    await clock.sleep(intervalMs);
  }
}

/**
 * Tries a call again while it fails in a way that passes by itself.
 * @throws the last error itself when the time is over, and any other at once.
 */
export async function retryWhile<T>(
  options: Omit<WaitOptions, 'what'>,
  passes: (error: unknown) => boolean,
  call: () => Promise<T>,
): Promise<T> {
  const { clock, timeoutMs, intervalMs = DEFAULT_INTERVAL_MS, onWait } = options;
  const deadline = clock.now() + timeoutMs;
  for (let tries = 0; ; tries += 1) {
    try {
      return await call();
    } catch (error) {
      if (!passes(error) || clock.now() + intervalMs > deadline) throw error;
      if (tries === 0) onWait?.();
      await clock.sleep(intervalMs);
    }
  }
}

/** The clock with a signal that ends its sleeps: so whatever waits ends, too. */
export function abortableClock(clock: Clock, signal: AbortSignal | undefined): Clock {
  return { now: () => clock.now(), sleep: (ms) => clock.sleep(ms, signal) };
}
