import type { CommandContext } from './context.ts';

/** What is in flight when Ctrl-C comes may go on for so long. */
const GRACE_MS = 10_000;

/**
 * Gives what is in flight some time to finish after Ctrl-C, and aborts it then.
 * @returns the signal that aborts it, and a function to call when all is finished.
 */
export function startGracePeriod({ clock, signal }: Pick<CommandContext, 'clock' | 'signal'>): {
  readonly abort: AbortSignal;
  readonly end: () => void;
} {
  const abort = new AbortController();
  const ended = new AbortController();
  const onStop = (): void => {
    clock.sleep(GRACE_MS, ended.signal).then(
      () => abort.abort(signal.reason),
      () => undefined, // All was finished in time.
    );
  };
  signal.addEventListener('abort', onStop, { once: true, signal: ended.signal });
  return { abort: abort.signal, end: () => ended.abort() };
}
