import type { Clock } from './clock.ts';

/**
 * Gives work in flight a grace period after a stop is requested (Ctrl-C), then aborts it. If the stop was requested
 * before this call, the grace period starts now.
 * @param deps.signal requests the stop; its reason becomes the reason of `abort`, unless there is a `reason`.
 * @param graceMs how long to wait after the stop, in milliseconds.
 * @param reason the reason of `abort`, instead of that of the stop.
 * @returns the signal that aborts the work, and a function to call when all work has finished.
 */
export function startAbortGrace(
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  graceMs: number,
  reason?: Error,
): {
  readonly abort: AbortSignal;
  readonly end: () => void;
} {
  const abort = new AbortController();
  const ended = new AbortController();
  const onStop = (): void => {
    clock.sleep(graceMs, ended.signal).then(
      () => abort.abort(reason ?? signal.reason),
      () => undefined, // Everything finished in time.
    );
  };
  if (signal.aborted) onStop();
  else signal.addEventListener('abort', onStop, { once: true, signal: ended.signal });
  return { abort: abort.signal, end: () => ended.abort() };
}
