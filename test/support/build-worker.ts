import { execFile } from 'node:child_process';
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const root = new URL('../..', import.meta.url).pathname;

/**
 * Before the tests that deploy from the sources: puts today's worker where `src/app/deploy.ts` looks for it, in one
 * step, so that concurrent runs can do the same.
 */
export async function setup(): Promise<void> {
  const folder = join(root, 'dist/worker');
  const temporary = join(folder, `index.mjs.${process.pid}`);
  await mkdir(folder, { recursive: true });
  const args = ['run', '--silent', 'build:worker', '--', `--outfile=${temporary}`];
  await promisify(execFile)('npm', args, { cwd: root });
  await rename(temporary, join(folder, 'index.mjs'));
}
