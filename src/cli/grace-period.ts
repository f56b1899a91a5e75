import type { CommandContext } from './context.ts';

/** What a download has in flight when Ctrl-C comes may go on for so long. */
const GRACE_MS = 10_000;

/**
 * Gives what is in flight some time to finish after Ctrl-C, and aborts it then; what begins later has that time, too.
 * @returns the signal that aborts it, and a function to call when all is finished.
 */
export function startGracePeriod(
  { clock, signal }: Pick<CommandContext, 'clock' | 'signal'>,
  graceMs = GRACE_MS,
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
