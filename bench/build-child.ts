import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Bundled CommonJS needs `require`, which ES modules do not have. */
const REQUIRE = {
  js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
};

/**
 * Bundles a program that a bench starts in a process of its own.
 * @param file its source in this folder.
 * @param folder where to put the bundle.
 * @returns the path of the bundle.
 */
export async function buildChild(file: string, folder: string): Promise<string> {
  const outfile = join(folder, 'child.mjs');
  const entry = fileURLToPath(new URL(file, import.meta.url));
  await build({
    entryPoints: [entry],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    banner: REQUIRE,
  });
  return outfile;
}
