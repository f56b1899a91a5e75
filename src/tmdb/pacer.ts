import type { Clock } from '../clock.ts';
import { PACE_MARGIN } from './limits.ts';

/** A rate limiter that spaces requests evenly, however many callers wait. */
export interface Pacer {
  /**
   * Waits until the next request may be sent. Callers are served in order.
   * @returns the time (milliseconds since the epoch), to pass to {@link Pacer.throttled} if the response is a 429.
   * @throws the signal's reason when the signal is aborted; the slot stays free for the next caller.
   */
  take(signal?: AbortSignal): Promise<number>;
  /**
   * Reports a 429. It pauses all requests for one second, or for `retryAfterMs` if that is above 0. A second 429 within ten
   * seconds also halves the rate, which then recovers over 30 seconds. Several 429s count as one if their requests were in
   * flight at the same time.
   * @param sentAtMs what {@link Pacer.take} returned for the request.
   * @returns the end of the pause, in milliseconds since the epoch. A pause lasts at most ten minutes.
   */
  throttled(sentAtMs: number, retryAfterMs?: number): number;
}

/** The shortest gap between two requests, as a fraction of a slot: delayed requests catch up gradually, without a burst. */
const MIN_GAP_SLOTS = 2 / 3;
/** Slots that were missed longer ago than this, because of a stall, a pause or a lack of callers, are not made up for. */
const MAX_LAG_MS = 500;
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 600_000;
const REPEAT_WITHIN_MS = 10_000;
const RECOVERY_MS = 30_000;
const LOWEST_FACTOR = 1 / 16;
const NEVER = Number.NEGATIVE_INFINITY;

/**
 * Creates a pacer with an absolute schedule: one slot every `1 / requestsPerSecond` seconds plus {@link PACE_MARGIN}, so
 * that timer delays do not add up. A minimum gap and a ring buffer of the last sends prevent bursts after a stall: no
 * second sees more than `requestsPerSecond` requests (rounded up). Slots missed during a short stall or pause are made up
 * for within that limit.
 * @param options.requestsPerSecond above 0, not necessarily an integer: a fleet's rate is divided by its workers.
 */
export function createPacer({
  requestsPerSecond,
  clock,
}: {
  requestsPerSecond: number;
  clock: Clock;
}): Pacer {
  const slotMs = (1_000 / requestsPerSecond) * (1 + PACE_MARGIN);
  const lastSends: number[] = new Array(Math.ceil(requestsPerSecond)).fill(NEVER);
  // Only half the margin: catching up causes a gap later, which the other half makes up for within a minute.
  const ringMs = (1_000 / requestsPerSecond) * (1 + PACE_MARGIN / 2) * lastSends.length;
  let sends = 0;
  let lastSendAt = NEVER;
  let dueAt = NEVER;
  let pausedUntil = NEVER;
  let throttledAt = NEVER;
  let factorWhenThrottled = 1;
  let latest = NEVER;
  let queue: Promise<unknown> = Promise.resolve();

  /** Reads the clock. If it was set back, shifts the schedule too; otherwise all callers would wait for the difference. */
  function readClock(): number {
    const now = clock.now();
    const backMs = Math.max(0, latest - now);
    if (backMs > 0) {
      lastSends.forEach((at, index) => {
        lastSends[index] = at - backMs;
      });
      lastSendAt -= backMs;
      dueAt -= backMs;
      pausedUntil -= backMs;
      throttledAt -= backMs;
    }
    latest = now;
    return now;
  }

  /** The current fraction of the rate: below 1 after it was halved, and recovering linearly. */
  function factorAt(now: number): number {
    const recovered = Math.min(1, Math.max(0, now - throttledAt) / RECOVERY_MS);
    return factorWhenThrottled + (1 - factorWhenThrottled) * recovered;
  }

  function earliestSend(now: number): number {
    const windowFreeAt = (lastSends[sends % lastSends.length] ?? NEVER) + ringMs;
    const minGap = lastSendAt + (MIN_GAP_SLOTS * slotMs) / factorAt(now);
    return Math.max(dueAt, minGap, windowFreeAt, pausedUntil);
  }

  function record(now: number): void {
    lastSends[sends % lastSends.length] = now;
    sends += 1;
    const wasDueAt = lastSendAt === NEVER ? now : Math.max(dueAt, now - MAX_LAG_MS);
    dueAt = wasDueAt + slotMs / factorAt(now);
    lastSendAt = now;
  }

  async function waitForSlot(signal: AbortSignal | undefined): Promise<number> {
    for (;;) {
      signal?.throwIfAborted();
      const now = readClock();
      const waitMs = earliestSend(now) - now;
      if (waitMs <= 0) {
        record(now);
        return now;
      }
      await clock.sleep(waitMs, signal);
    }
  }

  return {
    take(signal) {
      const slot = queue.then(() => waitForSlot(signal));
      queue = slot.catch(() => undefined);
      return slot;
    },

    throttled(sentAtMs, retryAfterMs = 0) {
      const now = readClock();
      const wasInFlightTogether = sentAtMs <= throttledAt;
      if (wasInFlightTogether && retryAfterMs <= 0) return pausedUntil;
      const pauseMs = Math.min(retryAfterMs > 0 ? retryAfterMs : PAUSE_MS, LONGEST_PAUSE_MS);
      pausedUntil = Math.max(pausedUntil, now + pauseMs);
      if (wasInFlightTogether) return pausedUntil;
      const isRepeat = now - throttledAt < REPEAT_WITHIN_MS;
      factorWhenThrottled = isRepeat ? Math.max(factorAt(now) / 2, LOWEST_FACTOR) : factorAt(now);
      if (isRepeat) dueAt = Math.max(dueAt, pausedUntil); // The rate was too high, so missed slots are dropped.
      throttledAt = now;
      return pausedUntil;
    },
  };
}
