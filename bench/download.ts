import { execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { atMost, type BenchRow, median } from './bench-row.ts';
import { buildChild } from './build-child.ts';
import type { Measured } from './download-child.ts';

const run = promisify(execFile);

/**
 * Measures the cost of a movie: CPU of `downloadPartition` for 3,000 movies without reviews or pacing, each round in
 * a new process, with TMDB and S3 in another; the share of its parts, and how many objects they add; and the requests of a
 * movie found and of a miss.
 */
export async function runDownloadBench(rounds = 5): Promise<BenchRow[]> {
  const folder = await mkdtemp(join(tmpdir(), 'tdd-bench-download-'));
  const services = fork(pathOf('download-services.ts'), [join(folder, 'aws')], {
    execArgv: ['--import', 'tsx'],
  });
  try {
    const [{ tmdbUrl, s3Url }] = (await once(services, 'message')) as [{ tmdbUrl: string; s3Url: string }];
    const child = await buildChild('download-child.ts', folder);
    const measure = async (place: string): Promise<Measured> => {
      const { stdout } = await run(process.execPath, [child, tmdbUrl, s3Url, place], { cwd: folder });
      return JSON.parse(stdout);
    };
    const intoDirectory: Measured[] = [];
    const intoS3: Measured[] = [];
    for (let round = 0; round < rounds; round += 1) {
      intoDirectory.push(await measure(join(folder, `lake-${round}`)));
      intoS3.push(await measure(`s3://bench-lake-${round}`));
    }
    const cpu = (measured: readonly Measured[]) => median(measured.map(({ cpuMs }) => cpuMs));
    return [
      atMost('CPU per movie into a directory', cpu(intoDirectory), 1.5, 'ms'),
      atMost('CPU per movie into S3', cpu(intoS3), 3, 'ms'),
      atMost(
        'share of the CPU that parts take, into a directory',
        100 * median(intoDirectory.map(({ partsShare }) => partsShare)),
        15,
        '%',
      ),
      atMost(
        'objects written per partition besides movies',
        intoDirectory[0]?.partsWritten ?? Number.NaN,
        2,
        '',
      ),
      atMost('requests per movie found', intoDirectory[0]?.requestsPerFound ?? Number.NaN, 1, ''),
      atMost('requests per miss', intoDirectory[0]?.requestsPerMiss ?? Number.NaN, 2, ''),
    ];
  } finally {
    services.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
