import { explainAwsError } from '../aws/errors.ts';
import { UserError } from '../errors.ts';
import { withFullStop } from '../text.ts';

/** The text that is printed for an error, and the exit code. */
interface ErrorReport {
  readonly text: string;
  readonly exitCode: number;
}

/**
 * An error as the user reads it: one sentence when they can fix it, with its causes when `verbose`; a stack trace, and
 * where to report it, when it is a bug.
 */
export function reportError(thrown: unknown, { verbose = false } = {}): ErrorReport {
  const error = explainAwsError(thrown);
  if (error instanceof UserError) {
    const lines = [`tdd: ${error.message}`, ...(verbose ? causesOf(error) : [])];
    return { text: lines.join('\n'), exitCode: error.exitCode };
  }
  // What inquirer throws for Ctrl-C at a question.
  if (error instanceof Error && error.name === 'ExitPromptError')
    return { text: 'tdd: cancelled.', exitCode: 130 };
  const failure = describeSystemFailure(error);
  return { text: failure === undefined ? reportBug(error) : `tdd: ${failure}`, exitCode: 1 };
}

/**
 * A system error that nothing has translated: not a bug that a stack trace would explain. System errors
 * have a `syscall` (https://nodejs.org/api/errors.html#class-systemerror).
 */
function describeSystemFailure(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  return `the system refused: ${withFullStop(error.message)}`;
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
