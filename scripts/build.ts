import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { syncFolder } from './sync-folder.ts';
import { writeWorkerBundle } from './write-worker-bundle.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const TSC = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript/package.json')));

// Builds in a temporary folder, because open sandboxes run the program in `dist`.
await mkdir(join(ROOT, '.tmp'), { recursive: true });
const folder = await mkdtemp(join(ROOT, '.tmp/build-'));
try {
  const args = [TSC, '-p', join(ROOT, 'src'), '--outDir', folder];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  if (status === 0) {
    await mkdir(join(folder, 'worker'), { recursive: true });
    await writeWorkerBundle(join(folder, 'worker/index.mjs'));
    await syncFolder(folder, join(ROOT, 'dist'));
  }
  process.exitCode = status ?? 1;
} finally {
  await rm(folder, { recursive: true, force: true });
}
