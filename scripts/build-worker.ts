import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeWorkerBundle } from './write-worker-bundle.ts';

const outfile = fileURLToPath(new URL('../dist/worker/index.mjs', import.meta.url));
await mkdir(dirname(outfile), { recursive: true });
await writeWorkerBundle(outfile);
