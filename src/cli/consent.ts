import { CancelledError, UsageError } from '../errors.ts';
import type { CommandContext } from './context.ts';
import type { Flags } from './flags.ts';

/**
 * Reads `--dry-run`.
 * @param words.act what `--yes` consents to.
 * @param words.preview what a dry run is good for.
 * @throws {UsageError} when the command would have to ask for consent and nobody can answer.
 */
export function readDryRun(
  { yes, prompter }: CommandContext,
  flags: Flags,
  { act, preview = 'see the plan' }: { readonly act: string; readonly preview?: string },
): boolean {
  const dryRun = flags.dryRun === true;
  if (dryRun || yes || prompter.isInteractive) return dryRun;
  throw new UsageError(`There is no terminal to ask on: give --yes to ${act}, or --dry-run to ${preview}.`);
}

/** Shows what is about to be done; with `--quiet` too, unless `--yes` has agreed to it already. */
export function showPlan({ output, yes }: CommandContext, text: string): void {
  if (!output.quiet || !yes) output.notice(`\n${text}\n`);
}

/**
 * Asks whether to continue; `--yes` answers.
 * @param cancelled the message after a no.
 * @throws {CancelledError} for a no.
 */
export async function askConsent(
  { yes, prompter, signal }: CommandContext,
  message: string,
  cancelled: string,
): Promise<void> {
  if (yes) return;
  if (!(await prompter.confirm({ message }))) throw new CancelledError(cancelled);
  signal.throwIfAborted();
}
