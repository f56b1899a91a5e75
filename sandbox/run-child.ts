import { spawn } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandContext } from '../src/cli/context.ts';
import { ReportedCancellation } from '../src/cli/main.ts';
import { UsageError } from '../src/errors.ts';
import { shellQuote } from './shell.ts';

/**
 * Runs a program on this terminal and waits until it ends. The terminal sends Ctrl-C to the program as well, which
 * handles it; SIGTERM is forwarded.
 * @returns its exit code, or 128 plus the signal's number, as in a shell.
 * @throws {UsageError} when the program does not exist; {@link ReportedCancellation} after a cancellation, which the
 *   program has already reported; the signal's reason when it is aborted before the start.
 */
export async function runChild(
  { io, signal }: Pick<CommandContext, 'io' | 'signal'>,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  signal.throwIfAborted();
  const child = spawn(program, args, { cwd: io.cwd, env: { ...env }, stdio: 'inherit' });
  const forward = (): void => void child.kill('SIGTERM');
  // Without a listener, a second Ctrl-C would end Node, and with it the services that the program uses.
  const onInterrupt = io.stdin.isTTY ? () => {} : forward;
  io.signals.on('SIGINT', onInterrupt);
  io.signals.on('SIGTERM', forward);
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', (cause: NodeJS.ErrnoException) => {
        const why = cause.code === 'ENOENT' ? 'command not found' : cause.message;
        reject(new UsageError(`Cannot run "${program}": ${why}.`, { cause }));
      });
      child.once('exit', (code, name) => resolve(code ?? 128 + (name ? constants.signals[name] : 0)));
    });
    if (signal.aborted) throw new ReportedCancellation('Cancelled.');
    return exitCode;
  } finally {
    io.signals.off('SIGINT', onInterrupt);
    io.signals.off('SIGTERM', forward);
  }
}

/** The file that Node runs as `tdd`. */
export const TDD_PATH = fileURLToPath(new URL('../bin/tdd.js', import.meta.url));

/** Writes a `tdd` command that runs this checkout, for POSIX shells (`tdd`) and for Windows (`tdd.cmd`). */
export async function writeTddCommand(bin: string): Promise<void> {
  await mkdir(bin, { recursive: true });
  const file = join(bin, 'tdd');
  await writeFile(file, `#!/bin/sh\nexec ${shellQuote(process.execPath)} ${shellQuote(TDD_PATH)} "$@"\n`);
  await chmod(file, 0o755);
  const [node, program] = [process.execPath, TDD_PATH].map((path) => `"${path.replaceAll('%', '%%')}"`);
  await writeFile(join(bin, 'tdd.cmd'), `@${node} ${program} %*\r\n`);
}
