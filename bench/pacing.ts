import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atMost, type BenchRow } from './bench-row.ts';

const SHARE = 40;
const run = promisify(execFile);

/** Measures a minute at 40 requests per second, without stalls and with an 80 ms stall per second. */
export async function runPacingBench(): Promise<BenchRow[]> {
  const results = await Promise.all([measure(0), measure(80)]);
  return results.flatMap(({ perSecond, busiestSecond }, i) => {
    const name = i === 0 ? 'pacing' : 'pacing, stalls of 80 ms each second';
    return [
      atMost(`${name}: off the share of ${SHARE}/s`, (Math.abs(perSecond - SHARE) / SHARE) * 100, 3, '%'),
      atMost(`${name}: sends in the busiest second`, busiestSecond, SHARE, ''),
    ];
  });
}

interface Sending {
  readonly perSecond: number;
  readonly busiestSecond: number;
}

async function measure(stallMs: number): Promise<Sending> {
  const child = fileURLToPath(new URL('./pacing-child.ts', import.meta.url));
  const { stdout } = await run(process.execPath, ['--import', 'tsx', child, String(SHARE), String(stallMs)]);
  return JSON.parse(stdout);
}
