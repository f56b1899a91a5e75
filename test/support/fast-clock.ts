import { type Clock, systemClock } from '../../src/clock.ts';

/**
 * A clock that runs `factor` times as fast as the machine's, for code that waits between attempts.
 * @param startMs its initial time. The default is noon, so that no UTC day ends during a test.
 */
export function createFastClock(factor: number, startMs = Date.parse('2026-11-22T12:00:00Z')): Clock {
  const start = systemClock.now();
  return {
    now: () => startMs + (systemClock.now() - start) * factor,
    sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
  };
}
