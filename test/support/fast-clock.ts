import { type Clock, systemClock } from '../../src/clock.ts';

/** A clock that runs `factor` times as fast as the machine's, for processes that wait between tries. */
export function createFastClock(factor: number): Clock {
  const start = systemClock.now();
  return {
    now: () => start + (systemClock.now() - start) * factor,
    sleep: (ms, signal) => systemClock.sleep(ms / factor, signal),
  };
}
