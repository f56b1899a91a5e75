import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

/** A clock whose time advances only, and immediately, when code sleeps. Sleeps resolve in order of time. */
export interface FakeClock extends Clock {
  /** Advances the time without a sleep, to simulate a stall. */
  advance(ms: number): void;
  /** Changes the date by `ms`, as a correction of the system's time does; no time passes. */
  setForward(ms: number): void;
}

export function createFakeClock(startMs = Date.parse('2026-11-22T10:00:00Z')): FakeClock {
  let nowMs = startMs;
  let correctedMs = 0;
  const wakeTimes = new Set<{ atMs: number }>();
  return {
    now: () => nowMs + correctedMs,
    monotonic: () => nowMs,
    advance(ms) {
      nowMs += ms;
    },
    setForward(ms) {
      correctedMs += ms;
    },
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      const me = { atMs: nowMs + ms };
      wakeTimes.add(me);
      try {
        for (;;) {
          await setImmediate();
          signal?.throwIfAborted();
          const isFirst = [...wakeTimes].every(({ atMs }) => atMs >= me.atMs);
          if (isFirst || nowMs >= me.atMs) break;
        }
        nowMs = Math.max(nowMs, me.atMs);
      } finally {
        wakeTimes.delete(me);
      }
    },
  };
}
