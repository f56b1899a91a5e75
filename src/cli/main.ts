import { type Command as Commander, CommanderError } from 'commander';
import { CancelledError, UserError } from '../errors.ts';
import { canDraw, type Io } from './io.ts';
import { createProgram, HELP_FLAGS, normalizeArgv, VersionWanted, valuesOfFlag } from './program.ts';
import { createSecrets, SECRET_FLAG, SECRET_VARIABLE, type Secrets } from './secrets.ts';
import type { Answers } from './suggestions.ts';

/**
 * Runs the command line.
 * @returns the exit code: 0 done, 1 something failed, 2 wrong usage or settings, 130 cancelled.
 */
export function main(io: Io): Promise<number> {
  const argv = normalizeArgv(io.argv);
  const secrets = createSecrets([io.env[SECRET_VARIABLE], ...valuesOfFlag(argv, SECRET_FLAG)]);
  const verbose = argv.includes('--verbose');
  const answers: Answers = new Map();
  const options = { secrets, answers, verbose, mayFinish: true };
  return runToExitCode(io, options, (signal) => runProgram(io, argv, { secrets, answers, signal }));
}

/** What changes a message before it is printed. */
interface Wording {
  readonly secrets: Secrets;
  readonly answers?: Answers;
}

/**
 * Runs the body of a program and returns its exit code. An error is printed and determines the exit code.
 * @param options.mayFinish a run that returns after Ctrl-C or `kill` has finished, or has reported that it stopped:
 *   its exit code counts.
 * @param run receives a signal, which Ctrl-C, `kill` or a closed stdout aborts.
 */
export async function runToExitCode(
  io: Io,
  {
    secrets,
    answers = new Map(),
    verbose,
    mayFinish = false,
  }: Wording & { readonly verbose: boolean; readonly mayFinish?: boolean },
  run: (signal: AbortSignal) => Promise<number>,
): Promise<number> {
  const ending = new AbortController();
  const { crashed, stopListening } = listenForTheEnd(io, ending);
  try {
    const exitCode = await Promise.race([run(ending.signal), crashed]);
    await flush(io);
    if (!mayFinish || !(ending.signal.reason instanceof CancelledError)) ending.signal.throwIfAborted();
    return exitCode;
  } catch (error) {
    const reason = ending.signal.aborted ? endOf(ending.signal, error) : error;
    return await explain(reason, io, { secrets, answers, verbose });
  } finally {
    stopListening();
  }
}

async function runProgram(
  io: Io,
  argv: string[],
  deps: Wording & { readonly signal: AbortSignal },
): Promise<number> {
  const { secrets } = deps;
  let exitCode = 0;
  let helpText = '';
  let usageText = '';
  const program = createProgram({
    writeOut: (text) => {
      helpText += text;
    },
    writeError: (text) => {
      usageText += text;
    },
    width: io.stdout.columns || 80,
    execute: async (command, flags, args) => {
      const { createContext } = await import('./context.ts');
      exitCode = await command.execute(createContext(io, deps, flags), flags, args);
    },
  });
  try {
    await program.parseAsync(argv, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof VersionWanted) {
      const { readVersion } = await import('../app/version.ts');
      io.stdout.write(`${readVersion()}\n`);
      return 0;
    }
    if (!(error instanceof CommanderError)) throw error;
    if (error.code === 'commander.helpDisplayed') {
      if (asksHelpOnUnknown(program)) return runProgram(io, argv.filter(isNoHelpFlag), deps);
      io.stdout.write(secrets.redact(helpText));
      return 0;
    }
    if (error.code === 'commander.help') {
      io.stdout.write(usageText);
      return 0;
    }
    const { explainUsage } = await import('./usage-error.ts');
    await printError(explainUsage(error, program, argv), io, deps);
    return 2;
  }
}

/** Whether help is requested for an unknown command (`tdd deplyo --help`): Commander would show the program's help. */
function asksHelpOnUnknown(program: Commander): boolean {
  const [word = '-'] = program.args;
  return !word.startsWith('-') && program.commands.every((command) => command.name() !== word);
}

function isNoHelpFlag(argument: string): boolean {
  return !HELP_FLAGS.includes(argument);
}

/** Chooses the error to report for an aborted run: a command's own CancelledError may say more than the signal's reason. */
function endOf({ reason }: AbortSignal, error: unknown): unknown {
  return reason instanceof CancelledError && error instanceof CancelledError ? error : reason;
}

async function explain(
  error: unknown,
  io: Io,
  { verbose, ...wording }: Wording & { readonly verbose: boolean },
): Promise<number> {
  if (error instanceof OutputClosed) return 0;
  if (error instanceof ReportedCancellation) return error.exitCode;
  const { reportError } = await import('./error-report.ts');
  const { text, exitCode } = reportError(error, { verbose });
  await printError(text, io, wording);
  return exitCode;
}

async function printError(text: string, io: Io, { secrets, answers }: Wording): Promise<void> {
  const { createSuggestions } = await import('./suggestions.ts');
  const { fitTo } = await import('./terminal-text.ts');
  const rendered = createSuggestions(io, answers).inText(text);
  io.stderr.write(`${fitTo(io.stderr, secrets.redact(rendered))}\n`);
}

/** The reader of stdout has closed it (`tdd … | head`), so nothing more is printed. */
class OutputClosed extends Error {}

/** The cancelled program has reported the cancellation itself, as the sandbox does, so nothing more is printed. */
export class ReportedCancellation extends CancelledError {}

/**
 * Aborts `ending` on Ctrl-C or `kill`, on a write error of stdout, and on an uncaught error, which Node would report with
 * any secrets in it. A second Ctrl-C ends the process immediately, which is Node's default.
 * @returns `crashed`, which rejects with an uncaught error, and a function that removes the listeners.
 */
function listenForTheEnd(io: Io, ending: AbortController) {
  const { signals, stdout, stderr, env } = io;
  let reportCrash: (error: unknown) => void = () => {};
  const crashed = new Promise<never>((_, reject) => {
    reportCrash = reject;
  });
  const onSignal = (): void => {
    // Erases the ^C that the terminal shows, so that the next message does not begin with it.
    if (canDraw(stderr, env)) stderr.write('\r\x1b[K');
    ending.abort(new CancelledError('Cancelled.'));
    // Deferred: the lock library's clean-up listener ends the process when it finds no other listener.
    setImmediate(stopSignals);
  };
  const stopSignals = (): void => {
    signals.off('SIGINT', onSignal);
    signals.off('SIGTERM', onSignal);
  };
  const onCrash = (error: unknown): void => {
    ending.abort(error);
    reportCrash(error);
  };
  signals.on('SIGINT', onSignal);
  signals.on('SIGTERM', onSignal);
  signals.on('uncaughtException', onCrash);
  // Never removed: an error without a listener, however late, would crash the process.
  stderr.on('error', () => {
    // It cannot be reported anywhere.
  });
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    ending.abort(error.code === 'EPIPE' ? new OutputClosed() : cannotWrite(error));
  });
  const stopListening = (): void => {
    stopSignals();
    signals.off('uncaughtException', onCrash);
  };
  return { crashed, stopListening };
}

function cannotWrite(error: Error): UserError {
  return new UserError(`Cannot write the output: ${error.message}.`, { cause: error });
}

/** Waits until stdout has written everything, so that a write error is noticed. */
async function flush(io: Io): Promise<void> {
  await new Promise<void>((resolve) => {
    io.stdout.write('', () => resolve());
  });
}
