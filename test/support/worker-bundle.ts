import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const PATH = fileURLToPath(new URL('../../dist/worker/index.mjs', import.meta.url));
const ENTRY = fileURLToPath(new URL('../../src/lambda/entry.ts', import.meta.url));

/** Builds the worker as `npm run build` does, when that was not done. */
export async function ensureWorkerBundle(): Promise<void> {
  if (existsSync(PATH)) return;
  await build({
    entryPoints: [ENTRY],
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    minify: true,
    legalComments: 'none',
    outfile: PATH,
    logLevel: 'silent',
  });
}
