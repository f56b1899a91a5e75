import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeWorkerBundle } from '../../scripts/write-worker-bundle.ts';

/** Setup for the tests that deploy from the sources: builds the worker where `src/app/deploy.ts` expects it. */
export async function setup(): Promise<void> {
  const file = fileURLToPath(new URL('../../dist/worker/index.mjs', import.meta.url));
  await mkdir(dirname(file), { recursive: true });
  await writeWorkerBundle(file);
}
