import { setTimeout as delay } from 'node:timers/promises';

/** The time source of all code below the command line. It is passed in, so that tests can control time. */
export interface Clock {
  /** Milliseconds since the Unix epoch: for dates. It jumps when the system's time is corrected. */
  now(): number;
  /** Milliseconds since an arbitrary moment: for durations, deadlines and rates. It never jumps. */
  monotonic(): number;
  /**
   * Resolves after `ms` milliseconds. Timers may fire slightly early, so check {@link Clock.monotonic} again afterwards.
   * @throws the signal's reason as soon as the signal is aborted.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The system clock. Only the entry points use it: the CLI and the Lambda handler. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, { signal });
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};

/** The UTC day of an instant as an ISO date (`2026-11-22`), which is how snapshots are named. */
export function utcDay(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, 10);
}
