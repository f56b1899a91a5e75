import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('../..', import.meta.url).pathname;

/**
 * Before any test: compiles `src` and bundles the worker where `dist` is older, for the tests that start the real
 * `bin/tdd.js` or deploy.
 */
export function setup(): void {
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const newestMs = Math.max(...sources.map((path) => statSync(join(root, 'src', path)).mtimeMs));
  const ensure = (built: string, program: string, ...args: string[]) => {
    const path = join(root, built);
    if (existsSync(path) && statSync(path).mtimeMs >= newestMs) return;
    // What tsc finds wrong is `npm run check`'s to tell: it compiles all the same.
    spawnSync(program, args, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
    if (!existsSync(path)) throw new Error(`${built} could not be built: run npm run build.`);
  };
  ensure('dist/cli/main.js', process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', 'src');
  ensure('dist/worker/index.mjs', 'npm', 'run', '--silent', 'build:worker');
}
