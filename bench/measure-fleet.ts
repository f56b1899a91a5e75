import { UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import type { CatalogueOptions } from '../sandbox/catalogue.ts';
import type { FaultOptions } from '../sandbox/tmdb/faults.ts';
import { type LakeReport, verifyLake } from '../sandbox/verify-lake.ts';
import type { LaunchResult } from '../src/cli/format-launch.ts';
import type { FleetEstimate } from '../src/fleet/estimate.ts';
import { createDirectoryLake } from '../src/lake/directory/directory-lake.ts';
import type { Partition } from '../src/partition.ts';
import { type OpenSandbox, QUEUE } from '../test/e2e/open-sandbox.ts';
import { atMost, type BenchRow } from './bench-row.ts';
import { clockMs, followRate, print, type RateUse } from './rate-use.ts';
import { withTmdbProcess } from './tmdb-process.ts';

/** A fleet to measure. */
export interface FleetBench {
  /** For progress and the names of rows. */
  readonly name: string;
  readonly requestsPerSecond: number;
  readonly workers: number;
  /** Of a worker, in MB. Default: as `tdd deploy`. */
  readonly memorySize?: number;
  /** The timeout of the function. Default: as `tdd deploy`. */
  readonly timeoutSeconds?: number;
  /** Launches this many partitions first, so that the forecast is measured on them. Default: none, so that it is assumed. */
  readonly learnsFrom?: number;
  /** The bench fails when the fleet takes longer. */
  readonly limitSeconds: number;
  readonly faults?: FaultOptions;
  readonly catalogue: CatalogueOptions;
  /** TMDB's response time. */
  readonly latencyMs: number;
  /** The time added to each call of S3 and SQS. */
  readonly awsLatencyMs: number;
}

/** What a fleet did. */
export interface FleetRun extends RateUse {
  readonly estimate: FleetEstimate;
  /** Partitions that are not complete. */
  readonly unfinished: number;
  /** Differences between the lake and what the catalogue expects. */
  readonly lost: number;
}

/** The latencies of TMDB, and of S3 and SQS: each call takes 40 ms longer. */
export const REALISTIC = { latencyMs: 80, awsLatencyMs: 40 };

/** This many titles' documents are compared at a time, so that they fit into memory. */
const VERIFIED_TITLES = 5_000;

/**
 * Deploys and launches a fleet in a sandbox, with the real program and with the worker's bundle in processes of their own,
 * follows it until the queue is empty, and compares the lake with the catalogue.
 */
export async function measureFleet(bench: FleetBench): Promise<FleetRun> {
  const { name, requestsPerSecond, workers, memorySize, timeoutSeconds, limitSeconds } = bench;
  const { catalogue, latencyMs, awsLatencyMs } = bench;
  const options = { ...catalogue, latencyMs, awsLatencyMs, requestsPerSecond };
  return withTmdbProcess(options, async (sandbox, tmdb) => {
    const memory = memorySize === undefined ? [] : ['--memory-size', String(memorySize)];
    await sandbox.tddJson('deploy', '--yes', '--workers', String(workers), ...memory);
    if (timeoutSeconds !== undefined) {
      const settings = { FunctionName: 'tmdb-downloader-lambda', Timeout: timeoutSeconds };
      await sandbox.lambda.send(new UpdateFunctionConfigurationCommand(settings));
    }
    if (bench.faults) await tmdb.ask({ faults: bench.faults });
    const launch = (...flags: string[]) =>
      sandbox.tddJson<LaunchResult>('launch', '--yes', '--min-year', '1870', ...flags);
    if (bench.learnsFrom !== undefined) {
      await launch('--limit', String(bench.learnsFrom));
      await sandbox.untilComplete();
    }
    const sinceMs = clockMs();
    const { estimate, partitions, moviesToAsk } = await launch();
    print(`${name}: ${moviesToAsk} movies in ${partitions.length} partitions`);
    const left = async () => {
      const { waiting, inFlight } = await sandbox.depthOf(QUEUE);
      return { waiting, open: inFlight };
    };
    const use = await followRate(tmdb, { name, requestsPerSecond, limitSeconds, sinceMs, left });
    const { fleet } = await sandbox.status();
    const reports = await verify(sandbox, partitions);
    return {
      ...use,
      estimate,
      unfinished: partitions.length - (fleet?.partitions.complete ?? 0),
      lost: reports.reduce(
        (sum, { missing, unexpected, wrong }) => sum + missing.length + unexpected.length + wrong.length,
        0,
      ),
    };
  });
}

/** Compares the documents and parts year by year. */
async function verify(
  { catalogue, bucketDirectory }: OpenSandbox,
  planned: readonly (Partition & { readonly titles: number })[],
): Promise<LakeReport[]> {
  // Its files, because a call of S3 takes long here.
  const lake = createDirectoryLake({ directory: bucketDirectory });
  const reports: LakeReport[] = [];
  let titles = 0;
  let partitions: Partition[] = [];
  for (const { year, initial, titles: more } of planned.toSorted((a, b) => a.year - b.year)) {
    if (partitions.at(-1)?.year !== year && titles >= VERIFIED_TITLES) await verifyNext();
    partitions.push({ year, initial });
    titles += more;
  }
  await verifyNext();
  return reports;

  async function verifyNext(): Promise<void> {
    reports.push(await verifyLake({ lake, catalogue }, { partitions }));
    print(`${reports.reduce((sum, { movies }) => sum + movies, 0)} movies compared`);
    partitions = [];
    titles = 0;
  }
}

/** The rows of a fleet: what it must not lose, its 429s, and the errors of its forecast. */
export function rowsOfFleet(name: string, run: FleetRun, forecastPercent: number): BenchRow[] {
  const { requests, seconds, tooManyPercent, estimate, unfinished, lost } = run;
  const errorOf = (forecast: number, took: number) => (Math.abs(forecast - took) / took) * 100;
  return [
    atMost(`${name}: partitions not complete`, unfinished, 0, ''),
    atMost(`${name}: documents and parts missing or wrong`, lost, 0, ''),
    atMost(`${name}: answers 429`, tooManyPercent, 0.5, '%'),
    atMost(
      `${name}: error of the forecast requests`,
      errorOf(estimate.requests, requests),
      forecastPercent,
      '%',
    ),
    atMost(`${name}: error of the forecast time`, errorOf(estimate.seconds, seconds), forecastPercent, '%'),
  ];
}
