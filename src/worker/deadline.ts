import type { Clock } from '../clock.ts';
import { ABORT_RESERVE_SECONDS, STOP_RESERVE_SECONDS } from '../worker-contract.ts';

/** The end of an invocation's time. */
export interface Deadline {
  /** Begin nothing new. */
  readonly stop: AbortSignal;
  /** Drop what is in work. */
  readonly abort: AbortSignal;
  /** Milliseconds until Lambda ends the invocation. */
  remainingMs(): number;
  /** Ends the timers: the work is done. */
  cancel(): void;
}

/** Thrown by what {@link Deadline.abort} drops. */
export class TimeUpError extends Error {
  override readonly name = 'TimeUpError';
}

/** @param remainingMs what Lambda gives the invocation. */
export function createDeadline({ clock }: { readonly clock: Clock }, remainingMs: number): Deadline {
  const endsAtMs = clock.now() + remainingMs;
  const cancelled = new AbortController();

  function abortIn(ms: number): AbortSignal {
    const ending = new AbortController();
    const end = () => ending.abort(new TimeUpError("The invocation's time is up."));
    if (ms <= 0) end();
    else clock.sleep(ms, cancelled.signal).then(end, ignoreCancelling);
    return ending.signal;
  }

  return {
    stop: abortIn(remainingMs - STOP_RESERVE_SECONDS * 1_000),
    abort: abortIn(remainingMs - ABORT_RESERVE_SECONDS * 1_000),
    remainingMs: () => Math.max(0, endsAtMs - clock.now()),
    cancel: () => cancelled.abort(),
  };
}

function ignoreCancelling(): void {}
