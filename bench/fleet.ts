import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atMost, type BenchRow } from './bench-row.ts';
import type { MeasuredFleet } from './fleet-child.ts';

const run = promisify(execFile);

/**
 * Measures a fleet of 9,000 partitions against a local S3 and SQS in a separate process: planning with an existing
 * index, sending, and reading the 9,000 manifests, first all of them, then with twenty changed.
 */
export async function runFleetBench(): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tdd-bench-fleet-'));
  const execArgv = ['--import', 'tsx'];
  const services = fork(pathOf('download-services.ts'), [join(folder, 'aws')], { execArgv });
  try {
    const [{ s3Url }] = (await once(services, 'message')) as [{ s3Url: string }];
    const { stdout } = await run(process.execPath, [...execArgv, pathOf('fleet-child.ts'), s3Url]);
    const measured: MeasuredFleet = JSON.parse(stdout);
    return [
      atMost('plan of 9,000 partitions', measured.planMs, 1_000, 'ms'),
      atMost('launch: calls for 9,000 partitions', measured.calls, 900, ''),
      atMost('launch: time', measured.launchSeconds, 15, 's'),
      atMost('launch: peak memory', measured.launchPeakMb, 200, 'MB'),
      atMost('status of 9,000 manifests, first', measured.firstStatusSeconds, 10, 's'),
      atMost('status, 20 changed', measured.secondStatusSeconds, 2, 's'),
    ];
  } finally {
    services.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
