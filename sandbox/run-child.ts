import { spawn } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandContext } from '../src/cli/context.ts';
import { ReportedCancellation } from '../src/cli/main.ts';
import { UsageError } from '../src/errors.ts';

/**
 * Runs a program on this terminal and waits for its end, however often somebody presses Ctrl-C: the terminal sends that
 * to the program too, which decides what to do. `kill` is passed on.
 * @returns its exit code, or 128 and the signal's number, as in a shell.
 * @throws {UsageError} when there is no such program; {@link ReportedCancellation} when it was cancelled while the
 *   program ran, which has said so; the signal's reason when it is aborted already.
 */
export async function runChild(
  { io, signal }: Pick<CommandContext, 'io' | 'signal'>,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  signal.throwIfAborted();
  const child = spawn(program, args, { cwd: io.cwd, env: { ...env }, stdio: 'inherit' });
  const passOn = (): void => void child.kill('SIGTERM');
  // A listener of any kind keeps Node from ending at the second Ctrl-C, and the child's services with it.
  const onInterrupt = io.stdin.isTTY ? () => {} : passOn;
  io.signals.on('SIGINT', onInterrupt);
  io.signals.on('SIGTERM', passOn);
  try {
    const exitCode = await new Promise<number>((resolve, reject) => {
      child.once('error', (cause: NodeJS.ErrnoException) => {
        const why = cause.code === 'ENOENT' ? 'there is no such program' : cause.message;
        reject(new UsageError(`"${program}" cannot be run: ${why}.`, { cause }));
      });
      child.once('exit', (code, name) => resolve(code ?? 128 + (name ? constants.signals[name] : 0)));
    });
    if (signal.aborted) throw new ReportedCancellation('cancelled.');
    return exitCode;
  } finally {
    io.signals.off('SIGINT', onInterrupt);
    io.signals.off('SIGTERM', passOn);
  }
}

/** The file that runs tdd. */
export const TDD_PATH = fileURLToPath(new URL('../bin/tdd.js', import.meta.url));

/**
 * Writes a command `tdd` that runs this copy of the program, whether one is installed or not.
 * @returns the folder it is in, for the PATH.
 */
export async function writeTddShim(folder: string): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  if (process.platform === 'win32') {
    await writeFile(join(bin, 'tdd.cmd'), `@"${process.execPath}" "${TDD_PATH}" %*\r\n`);
    return bin;
  }
  const shim = join(bin, 'tdd');
  await writeFile(shim, `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(TDD_PATH)} "$@"\n`);
  await chmod(shim, 0o755);
  return bin;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
