import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** On Windows, npm and the programs that it installs are `.cmd` files, which only a shell can run. */
const shell = process.platform === 'win32';

/** Runs npm, or a program that npm has installed. */
export async function runNpmCommand(
  program: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: Readonly<Record<string, string | undefined>> },
): Promise<{ stdout: string; stderr: string }> {
  return promisify(execFile)(program, args, { ...options, shell });
}
