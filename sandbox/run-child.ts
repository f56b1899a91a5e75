import { spawn } from 'node:child_process';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CommandContext } from '../src/cli/context.ts';
import { UsageError } from '../src/errors.ts';

/**
 * Runs a program on this very terminal and waits for its end, however often somebody presses Ctrl-C: that reaches it by
 * itself, and what it does then is its own matter. `kill` is passed on.
 * @returns its exit code, or 128 and the signal's number, as a shell tells it.
 * @throws {UsageError} when there is no such program; the signal's reason when it is aborted already.
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
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (cause: NodeJS.ErrnoException) => {
        const why = cause.code === 'ENOENT' ? 'there is no such program' : cause.message;
        reject(new UsageError(`"${program}" cannot be run: ${why}.`, { cause }));
      });
      child.once('exit', (code, name) => resolve(code ?? 128 + (name ? constants.signals[name] : 0)));
    });
  } finally {
    io.signals.off('SIGINT', onInterrupt);
    io.signals.off('SIGTERM', passOn);
  }
}

/** This very program's own file. */
export const TDD_PATH = fileURLToPath(new URL('../bin/tdd.js', import.meta.url));

/**
 * Writes a `tdd` that is this very program, whether it was installed or not.
 * @returns the folder it lies in, for the PATH.
 */
export async function writeTddShim(folder: string): Promise<string> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  const shim = join(bin, 'tdd');
  await writeFile(shim, `#!/bin/sh\nexec ${quote(process.execPath)} ${quote(TDD_PATH)} "$@"\n`);
  await chmod(shim, 0o755);
  return bin;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
