import { type Clock, systemClock } from '../../src/clock.ts';

/**
 * A clock that runs `factor` times as fast as the machine's, for processes that wait between tries.
 * @param startMs what it shows at first: noon, so that no day ends while a test runs.
 */
export function createFastClock(factor: number, startMs = Date.parse('2026-11-22T12:00:00Z')): Clock {
  const start = systemClock.now();
  return {
    now: () => startMs + (systemClock.now() - start) * factor,
    sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
  };
}
