import { UserError } from '../errors.ts';

/** What is printed of an error, and the exit code it makes. */
export interface ErrorReport {
  readonly text: string;
  readonly exitCode: number;
}

/**
 * An error as the person at the terminal reads it: one sentence when they can mend it, with the causes
 * behind it when `verbose`; a stack, and what to do with it, when it is a bug of ours.
 */
export function reportError(error: unknown, { verbose = false } = {}): ErrorReport {
  if (error instanceof UserError) {
    const lines = [`tdd: ${error.message}`, ...(verbose ? causesOf(error) : [])];
    return { text: lines.join('\n'), exitCode: error.exitCode };
  }
  // inquirer's own word for Ctrl-C at a question.
  if (error instanceof Error && error.name === 'ExitPromptError')
    return { text: 'tdd: cancelled.', exitCode: 130 };
  const outside = describeOutsideFailure(error);
  return { text: outside === undefined ? reportBug(error) : `tdd: ${outside}`, exitCode: 1 };
}

/**
 * A failure of the world around us that reached the top as it was thrown: no bug that a stack would help with.
 * System errors have a `syscall` (https://nodejs.org/api/errors.html#class-systemerror), answers of AWS have `$metadata`.
 */
function describeOutsideFailure(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('$metadata' in error) return `AWS refused with ${error.name}: ${withFullStop(error.message)}`;
  if (error.name === 'CredentialsProviderError') {
    return `there are no AWS credentials that work (${error.message}): sign in with "aws configure" or "aws sso login", or set AWS_PROFILE.`;
  }
  if ('syscall' in error && 'code' in error) return `the system refused: ${withFullStop(error.message)}`;
  return undefined;
}

function withFullStop(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function reportBug(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return [
    `tdd: something went wrong that should not: ${error instanceof Error ? error.message : String(error)}`,
    stack,
    ...(error instanceof Error ? causesOf(error) : []),
    `This is a bug of tdd's: please report it with these lines, what you ran, and Node ${process.version} on ${process.platform}.`,
  ].join('\n');
}

function causesOf(error: Error): string[] {
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < 5; cause = cause.cause) {
    causes.push(`  because of ${cause.stack ?? cause.message}`);
  }
  return causes;
}
