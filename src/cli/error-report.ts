import { readBugsUrl } from '../app/version.ts';
import { explainAwsError } from '../aws/errors.ts';
import { UserError } from '../errors.ts';
import { toOneLine, withFullStop } from '../text.ts';

/** The text that is printed for an error, and the exit code. */
interface ErrorReport {
  readonly text: string;
  readonly exitCode: number;
}

/** Longer messages are shortened: they quote a service's response or a file. */
const MAX_MESSAGE = 2_000;

/**
 * Formats an error. If the user can fix it, this is one line, followed by its causes when `verbose`; a bug gets a stack
 * trace and the URL for bug reports. Messages may quote untrusted text, so each is reduced to one line.
 */
export function reportError(thrown: unknown, { verbose = false } = {}): ErrorReport {
  const error = explainAwsError(thrown);
  if (error instanceof UserError) {
    const lines = [`tdd: ${toOneLine(error.message, MAX_MESSAGE)}`, ...(verbose ? causesOf(error) : [])];
    return { text: lines.join('\n'), exitCode: error.exitCode };
  }
  // Inquirer throws this for Ctrl-C at a question.
  if (error instanceof Error && error.name === 'ExitPromptError')
    return { text: 'tdd: Cancelled.', exitCode: 130 };
  const failure = describeSystemFailure(error);
  return { text: failure === undefined ? reportBug(error) : `tdd: ${failure}`, exitCode: 1 };
}

/**
 * Describes a system error that no caller has explained; a stack trace would not help. System errors have a `syscall`
 * (https://nodejs.org/api/errors.html#class-systemerror).
 */
function describeSystemFailure(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('syscall' in error) || !('code' in error)) return undefined;
  if (error.syscall === 'uv_cwd') return 'The current directory no longer exists: change to another one.';
  return `The system reported: ${withFullStop(toOneLine(error.message, MAX_MESSAGE))}`;
}

function reportBug(error: unknown): string {
  return [
    'tdd: Unexpected error:',
    describeWithStack(error),
    ...(error instanceof Error ? causesOf(error) : []),
    `This is a bug in tdd: please report it at ${readBugsUrl()} with these lines, your command, the version of tdd, and Node ${process.version} on ${process.platform}.`,
  ].join('\n');
}

function causesOf(error: Error): string[] {
  const causes: string[] = [];
  for (let cause = error.cause; cause instanceof Error && causes.length < 5; cause = cause.cause) {
    causes.push(`  caused by ${describeWithStack(cause)}`);
  }
  return causes;
}

/** Formats an error's name and message on one line, followed by its stack frames. */
export function describeWithStack(error: unknown): string {
  if (!(error instanceof Error)) return toOneLine(String(error), MAX_MESSAGE);
  const { name, message, stack = '' } = error;
  // The stack repeats the message, whose lines must not look like frames.
  const end = stack.indexOf(message);
  const frames = stack.slice(end < 0 ? 0 : end + message.length).split('\n');
  return [
    toOneLine(`${name}: ${message}`, MAX_MESSAGE),
    ...frames.filter((line) => /^\s+at /.test(line)).map((line) => `    ${toOneLine(line)}`),
  ].join('\n');
}
