import { CancelledError, UsageError } from '../errors.ts';
import type { CommandContext } from './context.ts';
import type { Flags } from './flags.ts';

/**
 * Reads `--dry-run`.
 * @param words.act what `--yes` consents to; `words.look`: what a dry run is good for.
 * @throws {UsageError} when the command would have to ask for consent and nobody can answer.
 */
export function readDryRun(
  { yes, prompter }: CommandContext,
  flags: Flags,
  { act, look = 'see the plan' }: { readonly act: string; readonly look?: string },
): boolean {
  const dryRun = flags.dryRun === true;
  if (dryRun || yes || prompter.isInteractive) return dryRun;
  throw new UsageError(`There is no terminal to ask on: give --yes to ${act}, or --dry-run to ${look}.`);
}

/** Shows what is about to be done. Nobody should agree to what was not shown, `--quiet` or not. */
export function showPlan({ output, yes, io, secrets }: CommandContext, text: string): void {
  if (!output.quiet || !yes) io.stderr.write(secrets.redact(`\n${text}\n\n`));
}

/**
 * Asks whether to go on; `--yes` answers.
 * @param cancelled what to say of a no.
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
