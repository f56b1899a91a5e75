import { UpdateFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import type { SandboxOptions } from '../sandbox/start-sandbox.ts';
import { TRANSIENT_FAULTS } from '../sandbox/tmdb/faults.ts';
import type { LaunchResult } from '../src/cli/format-launch.ts';
import type { FleetEstimate } from '../src/fleet/estimate.ts';
import { openSandbox, QUEUE } from '../test/e2e/open-sandbox.ts';
import { imdbSizes, runVirtualFleet } from '../test/worker/virtual-fleet.ts';
import { atMost, type BenchRow } from './bench-row.ts';
import { imdbYears } from './imdb-years.ts';
import { followRate, print, type RateUse } from './rate-use.ts';

const REQUESTS_PER_SECOND = 40;
const WORKERS = 4;
/** Every worker's time runs out once, so that the change to its next invocation is measured too. */
const TIMEOUT_SECONDS = 195;
/** The measured run must not end because of a busy machine. */
const LIMIT_SECONDS = 600;
/** Excludes 429s, which pacing must avoid, and hanging requests, which do not affect the rate. */
const FAULTS = TRANSIENT_FAULTS.filter((kind) => kind !== '429' && kind !== 'hang');

/**
 * Measures how much of a limit of 40 requests per second a fleet of four workers uses with realistic latencies and
 * partitions of the sizes of IMDb's, and the errors of the forecast; then the same while 5 % of the requests fail. Runs the
 * real program, and the worker's bundle in processes of its own, for 4 minutes. A busy machine slows them down, so the rate
 * is also measured in virtual time.
 */
export async function runFleetRateBench(): Promise<BenchRow[]> {
  const fleet = await measure('fleet', { titles: 6_300, years: imdbYears(6) });
  const faulty = await measure('fleet with 5 % faults', { titles: 1_500, years: imdbYears(2) }, 0.05);
  const virtual = await runVirtualFleet(imdbSizes(13));
  return [
    atMost(
      'fleet in virtual time: rate left unused until the queue is empty',
      (1 - virtual.rateShare) * 100,
      4,
      '%',
    ),
    atMost('fleet: rate left unused until the queue is empty', fleet.unusedPercent, 5, '%'),
    ...rowsOf('fleet', fleet),
    ...rowsOf('fleet with 5 % faults', faulty),
  ];
}

interface FleetRun extends RateUse {
  readonly estimate: FleetEstimate;
  readonly unfinished: number;
  readonly lost: number;
}

async function measure(name: string, catalogue: Partial<SandboxOptions>, faultRate = 0): Promise<FleetRun> {
  const sandbox = await openSandbox({
    ...catalogue,
    olderYears: [],
    othersPerTitle: 1,
    requestsPerSecond: REQUESTS_PER_SECOND,
    latencyMs: 80,
    awsLatencyMs: 40,
  });
  try {
    sandbox.env.TMDB_REQUESTS_PER_SECOND = String(REQUESTS_PER_SECOND);
    await sandbox.tddJson('deploy', '--yes', '--workers', String(WORKERS));
    await sandbox.lambda.send(
      new UpdateFunctionConfigurationCommand({
        FunctionName: 'tmdb-downloader-lambda',
        Timeout: TIMEOUT_SECONDS,
      }),
    );
    sandbox.tmdb.setFaults({ rate: faultRate, kinds: FAULTS });
    sandbox.tmdb.clearStats(); // Discard the request with which deploy checks the key.
    const { estimate, partitions, moviesToAsk } = await sandbox.tddJson<LaunchResult>('launch', '--yes');
    print(`${name}: ${moviesToAsk} movies in ${partitions.length} partitions`);
    const use = await followRate(sandbox.tmdb, {
      name,
      requestsPerSecond: REQUESTS_PER_SECOND,
      limitSeconds: LIMIT_SECONDS,
      left: async () => {
        const { waiting, inFlight } = await sandbox.depthOf(QUEUE);
        return { waiting, open: inFlight };
      },
    });
    const { fleet } = await sandbox.status();
    const chosen = partitions.map(({ year, initial }) => ({ year, initial }));
    const { missing, unexpected, wrong } = await sandbox.verify({ partitions: chosen });
    return {
      ...use,
      estimate,
      unfinished: partitions.length - (fleet?.partitions.complete ?? 0),
      lost: missing.length + unexpected.length + wrong.length,
    };
  } finally {
    await sandbox.stop();
  }
}

function rowsOf(name: string, run: FleetRun): BenchRow[] {
  const { requests, seconds, tooManyPercent, estimate, unfinished, lost } = run;
  return [
    atMost(`${name}: partitions not complete`, unfinished, 0, ''),
    atMost(`${name}: documents missing or wrong`, lost, 0, ''),
    atMost(`${name}: answers 429`, tooManyPercent, 0.5, '%'),
    atMost(`${name}: error of the forecast requests`, errorPercent(estimate.requests, requests), 10, '%'),
    atMost(`${name}: error of the forecast time`, errorPercent(estimate.seconds, seconds), 10, '%'),
  ];
}

function errorPercent(forecast: number, took: number): number {
  return (Math.abs(forecast - took) / took) * 100;
}
