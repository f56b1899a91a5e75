import { type Command as Commander, CommanderError } from 'commander';
// Loaded eagerly: Ctrl-C on a terminal also ends tsx's compiler, so nothing can be loaded after it.
import '../src/cli/error-report.ts';
import type { Io } from '../src/cli/io.ts';

/** Returns the `Io` of an npm script. Its working directory is the one in which the user called npm. */
export function processIo(): Io {
  return {
    argv: process.argv.slice(2),
    env: process.env,
    cwd: process.env.INIT_CWD ?? process.cwd(),
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    signals: process,
  };
}

/**
 * Parses the arguments of an npm script.
 * @param toMessage rewrites a message of Commander.
 * @returns the exit code after `--help` (0) or wrong usage (2); `undefined` when the script continues.
 */
export function parseArguments(
  program: Commander,
  { argv, stdout, stderr }: Pick<Io, 'argv' | 'stdout' | 'stderr'>,
  toMessage: (text: string) => string = (text) => text,
): number | undefined {
  program.exitOverride().configureOutput({
    writeOut: (text) => void stdout.write(text),
    writeErr: (text) => void stderr.write(toMessage(text)),
  });
  try {
    program.parse([...argv], { from: 'user' });
    return undefined;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}
