import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock.ts';
import { timeBudget } from '../worker-contract.ts';

/** The deadlines within an invocation's time, see {@link timeBudget}. */
export interface Deadline {
  /** Aborts when the worker must not start further titles. */
  readonly stop: AbortSignal;
  /** Aborts requests in flight. */
  readonly abort: AbortSignal;
  /** Milliseconds until the function's timeout. */
  remainingMs(): number;
  /** Milliseconds until `stop`. */
  workingMs(): number;
  /** Cancels the timers. Call it when the work is done. */
  cancel(): void;
}

/** The reason with which {@link Deadline} signals abort. */
export class TimeUpError extends Error {
  override readonly name = 'TimeUpError';
}

/** @param remainingMs the invocation's remaining time, as Lambda reports it. */
export function createDeadline({ clock }: { readonly clock: Clock }, remainingMs: number): Deadline {
  const startedMs = clock.monotonic();
  const cancelled = new AbortController();

  function abortIn(ms: number): AbortSignal {
    const controller = new AbortController();
    const end = () => controller.abort(new TimeUpError("The invocation's time is up."));
    if (ms <= 0) end();
    else clock.sleep(ms, cancelled.signal).then(end, ignoreCancelling);
    return controller.signal;
  }

  const { startTitlesForMs, abortAfterMs } = timeBudget(remainingMs);
  const until = (ms: number) => Math.max(0, startedMs + ms - clock.monotonic());
  const stop = abortIn(startTitlesForMs);
  const abort = abortIn(abortAfterMs);
  setMaxListeners(0, stop, abort); // Each partition in progress adds some.
  return {
    stop,
    abort,
    remainingMs: () => until(remainingMs),
    workingMs: () => until(startTitlesForMs),
    cancel: () => cancelled.abort(),
  };
}

function ignoreCancelling(): void {}
