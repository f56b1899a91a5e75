import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const root = new URL('../..', import.meta.url).pathname;

/** Before any test: compiles `src` when `dist` is older, for the tests that start the real `bin/tdd.js`. */
export function setup(): void {
  const built = join(root, 'dist/cli/main.js');
  const sources = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const newestMs = Math.max(...sources.map((path) => statSync(join(root, 'src', path)).mtimeMs));
  if (existsSync(built) && statSync(built).mtimeMs >= newestMs) return;
  // What tsc finds wrong is `npm run check`'s to tell: it compiles all the same.
  spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', 'src'], { cwd: root });
  if (!existsSync(built)) throw new Error('src could not be compiled: run npm run build.');
}
