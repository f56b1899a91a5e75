import type { LaunchResult } from '../src/cli/commands/launch.ts';
import { TRANSIENT_FAULTS } from '../src/sandbox/tmdb/faults.ts';
import type { RecordedRequest } from '../src/sandbox/tmdb/record.ts';
import { type OpenSandbox, openSandbox, QUEUE, until, type WorkerLine } from '../test/e2e/open-sandbox.ts';
import { atMost, type BenchRow } from './bench-row.ts';

const REQUESTS_PER_SECOND = 40;
const TITLES = 2_500;
const WORKERS = 4;
/** 429s are what the rate must avoid by itself; what hangs says nothing of the rate. */
const FAULTS = TRANSIENT_FAULTS.filter((kind) => kind !== '429' && kind !== 'hang');

/**
 * How well a fleet uses a TMDB that permits 40 requests a second and fails a twentieth of them, and how true the
 * forecast was: the real program in a sandbox, once, for a minute and a half.
 */
export async function runFleetRateBench(): Promise<BenchRow[]> {
  const sandbox = await openSandbox({
    titles: TITLES,
    years: [2021],
    latencyMs: 100,
    requestsPerSecond: REQUESTS_PER_SECOND,
  });
  try {
    sandbox.env.TMDB_REQUESTS_PER_SECOND = String(REQUESTS_PER_SECOND);
    sandbox.tmdb.setFaults({ rate: 0.05, kinds: FAULTS });
    return await measure(sandbox);
  } finally {
    await sandbox.stop();
  }
}

async function measure(sandbox: OpenSandbox): Promise<BenchRow[]> {
  await sandbox.tddJson('deploy', '--yes', '--workers', String(WORKERS));
  sandbox.tmdb.clearStats(); // Deploy's look at the key is no part of the fleet.
  const { estimate, partitions } = await sandbox.tddJson<LaunchResult>('launch', '--yes');
  await until(async () => (await sandbox.depthOf(QUEUE)).inFlight === 0, { timeoutMs: LONGEST_MS });

  const { requests } = sandbox.tmdb.stats();
  const work = sandbox.workerLog().filter(({ partition }) => partition !== undefined);
  const { fleet } = await sandbox.status();
  const chosen = partitions.map(({ year, initial }) => ({ year, initial }));
  const { missing, unexpected, wrong } = await sandbox.verify({ partitions: chosen });
  const lost = missing.length + unexpected.length + wrong.length;
  const tooMany = requests.filter(({ status }) => status === 429).length;
  return [
    atMost('fleet: partitions not complete', partitions.length - (fleet?.partitions.complete ?? 0), 0, ''),
    atMost('fleet: documents missing or wrong', lost, 0, ''),
    atMost('fleet: rate left unused while workers are busy', unusedPercent(work), 5, '%'),
    atMost('fleet: answers 429', (tooMany / requests.length) * 100, 1, '%'),
    atMost(
      'fleet: error of the forecast requests',
      errorPercent(estimate.requests, requests.length),
      10,
      '%',
    ),
    atMost('fleet: error of the forecast time', errorPercent(estimate.seconds, secondsOf(requests)), 10, '%'),
  ];
}

const LONGEST_MS = 600_000;

/** How much of their shares of the permitted rate workers left unused while they were at these partitions. */
function unusedPercent(work: readonly WorkerLine[]): number {
  const sum = (numbers: readonly (number | undefined)[]) => numbers.reduce<number>((a, b) => a + (b ?? 0), 0);
  const permitted = (sum(work.map(({ seconds }) => seconds)) * REQUESTS_PER_SECOND) / WORKERS;
  return (1 - sum(work.map(({ requests }) => requests)) / permitted) * 100;
}

function secondsOf(requests: readonly RecordedRequest[]): number {
  return ((requests.at(-1)?.atMs ?? Number.NaN) - (requests[0]?.atMs ?? Number.NaN)) / 1_000;
}

function errorPercent(forecast: number, took: number): number {
  return (Math.abs(forecast - took) / took) * 100;
}
