import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { writeWorkerBundle } from '../scripts/write-worker-bundle.ts';
import { buildZip, NOTICES_FILE } from '../src/deploy/zip.ts';
import { WORKER_VARIABLES } from '../src/worker-contract.ts';
import { atMost, type BenchRow, median } from './bench-row.ts';

const ROUNDS = 5;
const run = promisify(execFile);

/** The variables that the worker needs to start. */
const ENV = {
  AWS_REGION: 'us-east-1',
  AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
  [WORKER_VARIABLES.bucketName]: 'bench',
  [WORKER_VARIABLES.apiKey]: '0123456789abcdef0123456789abcdef',
  [WORKER_VARIABLES.queueUrl]: 'http://127.0.0.1:9/queue',
  [WORKER_VARIABLES.deadLetterQueueUrl]: 'http://127.0.0.1:9/queue-dlq',
};

/** Measures the worker's zip, and the time to import the bundle and create clients in a new process. */
export async function runBundleBench(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tdd-bench-bundle-'));
  try {
    const file = join(folder, 'index.mjs');
    await writeWorkerBundle(file);
    const notices = await readFile(join(folder, NOTICES_FILE));
    const zip = await buildZip({ bundle: await readFile(file), notices });
    const importsMs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) importsMs.push(await measureImport(folder));
    return [
      atMost('bundle: zip', zip.length / 1_000, 500, 'KB'),
      atMost('bundle: import', median(importsMs), 200, 'ms'),
    ];
  } finally {
    await rm(folder, { recursive: true });
  }
}

async function measureImport(folder: string): Promise<number> {
  const script = `
    const startedMs = performance.now();
    await import('./index.mjs');
    process.stdout.write(String(performance.now() - startedMs));`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: folder,
    env: ENV,
  });
  return Number(stdout);
}
