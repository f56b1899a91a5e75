import { spawn } from 'node:child_process';
import { constants } from 'node:os';
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
