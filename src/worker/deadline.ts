import type { Clock } from '../clock.ts';
import { timeBudget } from '../worker-contract.ts';

/** The end of an invocation's time, as {@link timeBudget} divides it. */
export interface Deadline {
  /** Start nothing new. */
  readonly stop: AbortSignal;
  /** Abort what is in flight. */
  readonly abort: AbortSignal;
  /** Milliseconds until Lambda ends the invocation. */
  remainingMs(): number;
  /** Ends the timers: the work is done. */
  cancel(): void;
}

/** What {@link Deadline.abort} throws. */
export class TimeUpError extends Error {
  override readonly name = 'TimeUpError';
}

/** @param remainingMs what Lambda gives the invocation. */
export function createDeadline({ clock }: { readonly clock: Clock }, remainingMs: number): Deadline {
  const endsAtMs = clock.now() + remainingMs;
  const cancelled = new AbortController();

  function abortIn(ms: number): AbortSignal {
    const controller = new AbortController();
    const end = () => controller.abort(new TimeUpError("The invocation's time is up."));
    if (ms <= 0) end();
    else clock.sleep(ms, cancelled.signal).then(end, ignoreCancelling);
    return controller.signal;
  }

  const { startTitlesForMs, abortAfterMs } = timeBudget(remainingMs);
  return {
    stop: abortIn(startTitlesForMs),
    abort: abortIn(abortAfterMs),
    remainingMs: () => Math.max(0, endsAtMs - clock.now()),
    cancel: () => cancelled.abort(),
  };
}

function ignoreCancelling(): void {}
