import type { Clock } from '../clock.ts';
import { PACE_MARGIN } from './limits.ts';

/** A rate limiter that spaces requests evenly, however many callers wait. */
export interface Pacer {
  /**
   * Waits until the next request may be sent. Callers are served in order.
   * @returns the time by the monotonic clock, in milliseconds, to pass to {@link Pacer.throttled} if the response is a 429.
   * @throws the signal's reason when the signal is aborted; the slot stays free for the next caller.
   */
  take(signal?: AbortSignal): Promise<number>;
  /**
   * Reports a 429. It pauses all requests for a tenth of a second, or for `retryAfterMs` if that is above 0, and lowers the
   * rate by 2 %. Each further 429 within ten seconds of the last pause lowers it by twice as much as the one before, up to a
   * half; from then on, pauses last a second. The rate recovers over 30 seconds. Several 429s count as one if their requests
   * were in flight at the same time.
   *
   * A single 429 usually means that the network has delivered requests closer together than they were sent, so it costs
   * little; a rate that is really too high causes the next one within a second or two.
   * @param sentAtMs what {@link Pacer.take} returned for the request.
   * @returns how long the pause still lasts, in milliseconds: at most ten minutes.
   */
  throttled(sentAtMs: number, retryAfterMs?: number): number;
  /** Changes the rate from the next request on, for example because another download joins. */
  setRate(requestsPerSecond: number): void;
}

/** The shortest gap between two requests, as a fraction of a slot: delayed requests catch up gradually, without a burst. */
const MIN_GAP_SLOTS = 2 / 3;
/** Slots that were missed longer ago than this, because of a stall or a lack of callers, are not made up for. */
const MAX_LAG_MS = 500;
const PAUSE_MS = 100;
/** While TMDB throttles nearly everything. */
const REPEATED_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 600_000;
const REPEAT_WITHIN_MS = 10_000;
const RECOVERY_MS = 30_000;
/** The fraction of the rate that a 429 takes away: that of the first, and the largest. */
const FIRST_CUT = 0.02;
const LARGEST_CUT = 0.5;
const LOWEST_FACTOR = 1 / 16;
const NEVER = Number.NEGATIVE_INFINITY;

/**
 * Creates a pacer with an absolute schedule: one slot every `1 / requestsPerSecond` seconds plus {@link PACE_MARGIN}, so
 * that timer delays do not add up. A minimum gap and the times of the last sends prevent bursts after a stall: no
 * second sees more than `requestsPerSecond` requests (rounded up). Slots missed during a short stall are made up for within
 * that limit, those missed during a pause are not.
 * @param options.requestsPerSecond above 0, not necessarily an integer: a fleet's rate is divided by its workers.
 */
export function createPacer({
  requestsPerSecond,
  clock,
}: {
  requestsPerSecond: number;
  clock: Clock;
}): Pacer {
  let rate = scheduleOf(requestsPerSecond);
  /** The last `rate.windowSends` sends, oldest first. */
  let lastSends: number[] = [];
  let lastSendAt = NEVER;
  let dueAt = NEVER;
  let pausedUntil = NEVER;
  let throttledAt = NEVER;
  let factorWhenThrottled = 1;
  let lastCut = FIRST_CUT;
  let queue: Promise<unknown> = Promise.resolve();

  /** The current fraction of the rate: below 1 after a 429, and recovering linearly from the end of its pause. */
  function factorAt(now: number): number {
    const recovered = Math.min(1, Math.max(0, now - pausedUntil) / RECOVERY_MS);
    return factorWhenThrottled + (1 - factorWhenThrottled) * recovered;
  }

  function earliestSend(now: number): number {
    const windowFreeAt = (lastSends.at(-rate.windowSends) ?? NEVER) + rate.windowMs;
    const minGap = lastSendAt + (MIN_GAP_SLOTS * rate.slotMs) / factorAt(now);
    return Math.max(dueAt, minGap, windowFreeAt, pausedUntil);
  }

  function record(now: number): void {
    lastSends = [...lastSends, now].slice(-rate.windowSends);
    const wasDueAt = lastSendAt === NEVER ? now : Math.max(dueAt, now - MAX_LAG_MS);
    dueAt = wasDueAt + rate.slotMs / factorAt(now);
    lastSendAt = now;
  }

  async function waitForSlot(signal: AbortSignal | undefined): Promise<number> {
    for (;;) {
      signal?.throwIfAborted();
      const now = clock.monotonic();
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
      const now = clock.monotonic();
      const isNew = sentAtMs > throttledAt;
      if (isNew) {
        lastCut = now - pausedUntil < REPEAT_WITHIN_MS ? Math.min(lastCut * 2, LARGEST_CUT) : FIRST_CUT;
        factorWhenThrottled = Math.max(factorAt(now) * (1 - lastCut), LOWEST_FACTOR);
        throttledAt = now;
      }
      if (isNew || retryAfterMs > 0) {
        const ownPauseMs = lastCut < LARGEST_CUT ? PAUSE_MS : REPEATED_PAUSE_MS;
        const pauseMs = Math.min(retryAfterMs > 0 ? retryAfterMs : ownPauseMs, LONGEST_PAUSE_MS);
        pausedUntil = Math.max(pausedUntil, now + pauseMs);
        dueAt = Math.max(dueAt, pausedUntil); // The rate was too high, so missed slots are dropped.
      }
      return Math.max(0, pausedUntil - now);
    },

    setRate(requestsPerSecond) {
      rate = scheduleOf(requestsPerSecond);
    },
  };
}

/** The times that follow from a rate: its slots, and the window in which it allows `windowSends` requests. */
function scheduleOf(requestsPerSecond: number) {
  const windowSends = Math.ceil(requestsPerSecond);
  const intervalMs = 1_000 / requestsPerSecond;
  return {
    slotMs: intervalMs * (1 + PACE_MARGIN),
    windowSends,
    // Only half the margin: catching up causes a gap later, which the other half makes up for within a minute.
    windowMs: intervalMs * (1 + PACE_MARGIN / 2) * windowSends,
  };
}
