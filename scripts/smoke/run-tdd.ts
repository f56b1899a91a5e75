import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { Io } from '../../src/cli/io.ts';
import { UserError } from '../../src/errors.ts';

const TDD = fileURLToPath(new URL('../../bin/tdd.js', import.meta.url));

/** Runs tdd commands, one at a time. */
export interface Tdd {
  /** Runs a command, whose output the user sees. @throws {UserError} when it fails. */
  run(...args: readonly string[]): Promise<void>;
  /** Runs a command with `--json`. @returns its result. @throws {UserError} when it fails. */
  runJson<Result>(...args: readonly string[]): Promise<Result>;
}

/** Runs the built program in separate processes without a terminal, so that it asks nothing. */
export function createTdd(
  { signals }: Pick<Io, 'signals'>,
  { cwd, env }: { readonly cwd: string; readonly env: Readonly<Record<string, string | undefined>> },
): Tdd {
  async function start(args: readonly string[], stdout: 'inherit' | 'pipe'): Promise<string> {
    const child = spawn(process.execPath, [TDD, ...args], {
      cwd,
      env: { ...env },
      stdio: ['ignore', stdout, 'inherit'],
    });
    // The terminal also sends Ctrl-C to the child, but SIGTERM reaches only this process.
    const passOn = (): void => void child.kill('SIGTERM');
    signals.on('SIGTERM', passOn);
    try {
      const exit = new Promise<number | string | null>((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (exitCode, signal) => resolve(exitCode ?? signal));
      });
      const [exitCode, output] = await Promise.all([exit, child.stdout ? text(child.stdout) : '']);
      if (exitCode !== 0)
        throw new UserError(
          `"tdd ${args[0]}" ended with ${typeof exitCode === 'number' ? `exit code ${exitCode}` : exitCode}.`,
        );
      return output;
    } finally {
      signals.off('SIGTERM', passOn);
    }
  }
  return {
    run: async (...args) => void (await start(args, 'inherit')),
    runJson: async (...args) => JSON.parse(await start([...args, '--json'], 'pipe')),
  };
}
