import type { Clock } from '../clock.ts';
import { PACE_MARGIN } from './limits.ts';

/** Sends requests evenly: at most a share of the fleet's budget, however many callers wait. */
export interface Pacer {
  /**
   * Waits for the next free slot, first come first served.
   * @returns when the slot came (epoch ms): hand it to {@link Pacer.throttled} if the answer is a 429.
   * @throws the signal's reason when it is aborted; no slot is used then.
   */
  take(signal?: AbortSignal): Promise<number>;
  /**
   * Tells of a 429. The first pauses everything for a second, or for `retryAfterMs` when above 0; a second one
   * within ten seconds halves the rate too. 429s whose requests were in flight together count once.
   */
  throttled(sentAtMs: number, retryAfterMs?: number): void;
}

/** A gap is never shorter than this part of a slot: delayed requests catch up gradually, not in a burst. */
const MIN_GAP_SLOTS = 2 / 3;
/** Slots that were missed longer ago, through a stall, a pause or a lack of callers, are dropped. */
const MAX_LAG_MS = 500;
const PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 600_000;
const REPEAT_WITHIN_MS = 10_000;
const RECOVERY_MS = 30_000;
const LOWEST_FACTOR = 1 / 16;
const NEVER = Number.NEGATIVE_INFINITY;

/**
 * An absolute schedule, one slot every `1 / requestsPerSecond` s and {@link PACE_MARGIN} of it, so that late timers
 * never add up, with a minimum gap and a ring of the last sends, so that a stall never makes a burst: no second sees
 * more than `requestsPerSecond` sends (rounded up). Slots missed in a shorter stall or pause are made up within that limit.
 * @param options.requestsPerSecond above 0; fractions are fine (a fleet's budget is divided by its workers).
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
  // Half the margin: catching up leaves a gap later, for which the other half makes up within a minute.
  const ringMs = (1_000 / requestsPerSecond) * (1 + PACE_MARGIN / 2) * lastSends.length;
  let sends = 0;
  let lastSendAt = NEVER;
  let dueAt = NEVER;
  let pausedUntil = NEVER;
  let throttledAt = NEVER;
  let factorThen = 1;
  let latest = NEVER;
  let queue: Promise<unknown> = Promise.resolve();

  /** When the clock is set back, so is the schedule: otherwise all callers would wait for the difference. */
  function readClock(): number {
    const now = clock.now();
    const backMs = Math.max(0, latest - now);
    if (backMs > 0) {
      lastSends.forEach((at, place) => {
        lastSends[place] = at - backMs;
      });
      lastSendAt -= backMs;
      dueAt -= backMs;
      pausedUntil -= backMs;
      throttledAt -= backMs;
    }
    latest = now;
    return now;
  }

  /** The part of the rate that is in force: after it was halved, it recovers linearly. */
  function factorAt(now: number): number {
    const recovered = Math.min(1, Math.max(0, now - throttledAt) / RECOVERY_MS);
    return factorThen + (1 - factorThen) * recovered;
  }

  function earliestSend(now: number): number {
    const secondIsFull = (lastSends[sends % lastSends.length] ?? NEVER) + ringMs;
    const minGap = lastSendAt + (MIN_GAP_SLOTS * slotMs) / factorAt(now);
    return Math.max(dueAt, minGap, secondIsFull, pausedUntil);
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
      if (wasInFlightTogether && retryAfterMs <= 0) return;
      const pauseMs = Math.min(retryAfterMs > 0 ? retryAfterMs : PAUSE_MS, LONGEST_PAUSE_MS);
      pausedUntil = Math.max(pausedUntil, now + pauseMs);
      if (wasInFlightTogether) return;
      const isRepeat = now - throttledAt < REPEAT_WITHIN_MS;
      factorThen = isRepeat ? Math.max(factorAt(now) / 2, LOWEST_FACTOR) : factorAt(now);
      if (isRepeat) dueAt = Math.max(dueAt, pausedUntil); // No catching up: the rate was too high.
      throttledAt = now;
    },
  };
}
