import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeWorkerBundle } from '../../scripts/write-worker-bundle.ts';

/** Before the tests that deploy from the sources: puts today's worker where `src/app/deploy.ts` looks for it. */
export async function setup(): Promise<void> {
  const file = fileURLToPath(new URL('../../dist/worker/index.mjs', import.meta.url));
  await mkdir(dirname(file), { recursive: true });
  await writeWorkerBundle(file);
}
