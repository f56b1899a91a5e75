import { type Clock, systemClock } from '../../src/clock.ts';

/**
 * A clock that runs `factor` times as fast as the machine's, for code that waits between attempts.
 * @param startMs its initial time. The default is noon, so that no UTC day ends during a test.
 */
export function createFastClock(factor: number, startMs = Date.parse('2026-11-22T12:00:00Z')): Clock {
  const start = systemClock.monotonic();
  const monotonic = () => (systemClock.monotonic() - start) * factor;
  return {
    now: () => startMs + monotonic(),
    monotonic,
    sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
  };
}
