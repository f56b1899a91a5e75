import type { Clock } from './clock.ts';

/**
 * Gives what is in flight a grace period after a stop (Ctrl-C), and then aborts it; what starts after the stop has the
 * same grace period.
 * @param deps.signal requests the stop; its reason becomes that of `abort`.
 * @returns the signal that aborts, and a function to call when everything has finished.
 */
export function startAbortGrace(
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  graceMs: number,
): {
  readonly abort: AbortSignal;
  readonly end: () => void;
} {
  const abort = new AbortController();
  const ended = new AbortController();
  const onStop = (): void => {
    clock.sleep(graceMs, ended.signal).then(
      () => abort.abort(signal.reason),
      () => undefined, // All was finished in time.
    );
  };
  if (signal.aborted) onStop();
  else signal.addEventListener('abort', onStop, { once: true, signal: ended.signal });
  return { abort: abort.signal, end: () => ended.abort() };
}
