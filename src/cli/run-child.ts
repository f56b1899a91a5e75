import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { UsageError } from '../errors.ts';
import type { CommandContext } from './context.ts';

/**
 * Runs a program on this very terminal and waits for its end. Ctrl-C reaches it by itself, `kill` is passed on.
 * @returns its exit code, or 128 and the signal's number, as a shell tells it.
 * @throws {UsageError} when there is no such program.
 */
export async function runChild(
  { io, signal }: Pick<CommandContext, 'io' | 'signal'>,
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const child = spawn(program, args, { cwd: io.cwd, env: { ...env }, stdio: 'inherit' });
  const passOn = (): void => void child.kill('SIGTERM');
  if (!io.stdin.isTTY) signal.addEventListener('abort', passOn, { once: true });
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', (cause: NodeJS.ErrnoException) => {
        const why = cause.code === 'ENOENT' ? 'there is no such program' : cause.message;
        reject(new UsageError(`"${program}" cannot be run: ${why}.`, { cause }));
      });
      child.once('exit', (code, name) => resolve(code ?? 128 + (name ? constants.signals[name] : 0)));
    });
  } finally {
    signal.removeEventListener('abort', passOn);
  }
}
