import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atMost, type BenchRow, median } from './bench-row.ts';

const run = promisify(execFile);

/** Measures `tdd --help` and a bare Node, alternating. */
export async function runStartUpBench(rounds = 21): Promise<BenchRow[]> {
  const tdd = fileURLToPath(new URL('../bin/tdd.js', import.meta.url));
  const help: number[] = [];
  const bare: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    bare.push(await measure(['-e', '0']));
    help.push(await measure([tdd, '--help']));
  }
  const bareMs = median(bare);
  return [
    atMost('node -e 0', bareMs, undefined, 'ms'),
    atMost('tdd --help, relative to node -e 0', median(help) / bareMs, 1.5, '×'),
  ];
}

async function measure(args: readonly string[]): Promise<number> {
  const start = performance.now();
  await run(process.execPath, args);
  return performance.now() - start;
}
