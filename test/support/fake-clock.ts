import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

/** A clock whose time advances only, and immediately, when code sleeps. Sleeps resolve in order of time. */
export interface FakeClock extends Clock {
  /** Advances the time without a sleep, to simulate a stall. */
  advance(ms: number): void;
  /** Changes the date by `ms`, as a correction of the system's time does; no time passes. */
  setForward(ms: number): void;
}

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

export function createFakeClock(startMs = Date.parse('2026-11-22T10:00:00Z')): FakeClock {
  let nowMs = startMs;
  let correctedMs = 0;
  /** Sorted by time. */
  const sleepers: Sleeper[] = [];
  let isRunning = false;

  /** Wakes one sleeper per turn of the event loop, so that the code in between can sleep again. */
  async function run(): Promise<void> {
    if (isRunning) return;
    isRunning = true;
    while (sleepers.length > 0) {
      await setImmediate();
      const next = sleepers.shift();
      if (next === undefined) break;
      nowMs = Math.max(nowMs, next.atMs);
      next.wake();
    }
    isRunning = false;
  }

  return {
    now: () => nowMs + correctedMs,
    monotonic: () => nowMs,
    advance(ms) {
      nowMs += ms;
    },
    setForward(ms) {
      correctedMs += ms;
    },
    sleep: (ms, signal) =>
      new Promise((resolve, reject) => {
        signal?.throwIfAborted();
        const abort = () => {
          sleepers.splice(sleepers.indexOf(sleeper), 1);
          reject(signal?.reason);
        };
        const sleeper: Sleeper = {
          atMs: nowMs + ms,
          wake: () => {
            signal?.removeEventListener('abort', abort);
            resolve();
          },
        };
        signal?.addEventListener('abort', abort);
        const later = sleepers.findLastIndex(({ atMs }) => atMs <= sleeper.atMs) + 1;
        sleepers.splice(later, 0, sleeper);
        void run();
      }),
  };
}
