import { cp, mkdtemp, realpath, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { runNpmCommand } from './npm.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A copy of this checkout that is built only for this run. See `program.ts`. */
    readonly program: string;
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The files that `npm run build`, `npm pack`, the sandbox and the notebook need. */
const COPIED = [
  ...['bin', 'src', 'sandbox', 'notebooks', 'scripts', 'test/public-api'],
  ...['package.json', 'tsconfig.json', 'config.example.ini', 'README.md', 'CHANGELOG.md', 'LICENSE'],
];

/**
 * Setup for the tests that start the real program: builds a copy of the checkout, so that they use neither an outdated
 * `dist/` nor that of a concurrent run.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const program = await mkdtemp(join(await realpath(tmpdir()), 'tdd-program-'));
  for (const path of COPIED) await cp(join(root, path), join(program, path), { recursive: true });
  // On Windows, every user may create a junction; elsewhere this is a symbolic link.
  await symlink(await realpath(join(root, 'node_modules')), join(program, 'node_modules'), 'junction');
  await runNpmCommand('npm', ['run', '--silent', 'build'], { cwd: program });
  project.provide('program', program);
  return () => rm(program, { recursive: true, force: true });
}
