import type { Clock } from './clock.ts';

/**
 * Gives what is in flight some time to finish after a stop is asked for (Ctrl-C), and aborts it then; what begins
 * after the stop has the same time.
 * @param deps.signal asks for the stop; its reason becomes that of `abort`.
 * @returns the signal that aborts, and a function to call when all is finished.
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
