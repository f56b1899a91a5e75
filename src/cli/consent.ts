import { CancelledError, UsageError } from '../errors.ts';
import type { CommandContext } from './context.ts';
import type { Flags } from './flags.ts';

/**
 * Reads `--dry-run`.
 * @param words.act the action that `--yes` allows.
 * @param words.preview the effect of `--dry-run`.
 * @throws {UsageError} without a terminal, unless `--yes` or `--dry-run` is given.
 */
export function readDryRun(
  { yes, prompter }: CommandContext,
  flags: Flags,
  { act, preview = 'see the plan' }: { readonly act: string; readonly preview?: string },
): boolean {
  const dryRun = flags.dryRun === true;
  if (dryRun || yes || prompter.isInteractive) return dryRun;
  throw new UsageError(
    `Cannot ask for confirmation without a terminal: use --yes to ${act}, or --dry-run to ${preview}.`,
  );
}

/** Shows the plan before the command asks; `--quiet` hides it only together with `--yes`. */
export function showPlan({ output, yes }: CommandContext, text: string): void {
  if (!output.quiet || !yes) output.notice(`\n${text}\n`);
}

/**
 * Asks whether to continue, unless `--yes` is given.
 * @param cancelled the message when the user declines or presses Ctrl-C.
 * @throws {CancelledError} when the user declines or presses Ctrl-C.
 */
export async function askConsent(
  { yes, prompter, signal }: CommandContext,
  message: string,
  cancelled: string,
): Promise<void> {
  if (yes) return;
  const isAgreed = await prompter.confirm({ message }).catch((error: unknown) => {
    throw error instanceof CancelledError ? new CancelledError(cancelled, { cause: error }) : error;
  });
  if (!isAgreed) throw new CancelledError(cancelled);
  signal.throwIfAborted();
}
