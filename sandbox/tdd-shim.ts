import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
