import { setTimeout as delay } from 'node:timers/promises';

/** Time as the core sees it. Passed in everywhere, so that tests can run it at their own speed. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /**
   * Resolves after `ms` milliseconds (timers may fire a little early: ask {@link Clock.now} again).
   * @throws the signal's reason, at once, when it is aborted.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The machine's own clock, for the edges: the CLI and the Lambda entry. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};

/** The UTC day of an instant, as a snapshot is named: `2026-11-22`. */
export function utcDay(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}
