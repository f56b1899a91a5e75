import type { SandboxOptions } from '../sandbox/start-sandbox.ts';
import { TRANSIENT_FAULTS } from '../sandbox/tmdb/faults.ts';
import type { RecordedRequest } from '../sandbox/tmdb/traffic.ts';
import type { LaunchResult } from '../src/cli/format-launch.ts';
import type { FleetEstimate } from '../src/fleet/estimate.ts';
import { type OpenSandbox, openSandbox, QUEUE, until, type WorkerLine } from '../test/e2e/open-sandbox.ts';
import { atMost, type BenchRow } from './bench-row.ts';

const REQUESTS_PER_SECOND = 40;
const WORKERS = 4;
/** Excludes 429s, which pacing must avoid, and hanging requests, which do not affect the rate. */
const FAULTS = TRANSIENT_FAULTS.filter((kind) => kind !== '429' && kind !== 'hang');

/**
 * Measures how much of a limit of 40 requests per second a fleet uses while 5 % of the requests fail, and the error of
 * the forecasts, with large partitions and with many of one movie. Runs the real program in a sandbox for 2 minutes.
 */
export async function runFleetRateBench(): Promise<BenchRow[]> {
  const large = await withSandbox({ titles: 2_500, years: [2021], latencyMs: 100 }, measure);
  const tiny = await withSandbox({ titles: 1_000 }, measure);
  return [...rowsOf('fleet', large), ...rowsOf('fleet of tiny partitions', { ...tiny, work: undefined })];
}

async function withSandbox<Result>(
  options: Partial<SandboxOptions>,
  work: (sandbox: OpenSandbox) => Promise<Result>,
): Promise<Result> {
  const sandbox = await openSandbox({ ...options, requestsPerSecond: REQUESTS_PER_SECOND });
  try {
    sandbox.env.TMDB_REQUESTS_PER_SECOND = String(REQUESTS_PER_SECOND);
    sandbox.tmdb.setFaults({ rate: 0.05, kinds: FAULTS });
    return await work(sandbox);
  } finally {
    await sandbox.stop();
  }
}

interface FleetRun {
  readonly requests: readonly RecordedRequest[];
  readonly work: readonly WorkerLine[] | undefined;
  readonly estimate: FleetEstimate;
  readonly unfinished: number;
  readonly lost: number;
}

async function measure(sandbox: OpenSandbox): Promise<FleetRun> {
  await sandbox.tddJson('deploy', '--yes', '--workers', String(WORKERS));
  sandbox.tmdb.clearStats(); // Discard the request with which deploy checks the key.
  const { estimate, partitions } = await sandbox.tddJson<LaunchResult>('launch', '--yes');
  await until(async () => isEmpty(await sandbox.depthOf(QUEUE)), { timeoutMs: LONGEST_MS });

  const { requests } = sandbox.tmdb.stats();
  const work = sandbox.workerLog().filter(({ partition }) => partition !== undefined);
  const { fleet } = await sandbox.status();
  const chosen = partitions.map(({ year, initial }) => ({ year, initial }));
  const { missing, unexpected, wrong } = await sandbox.verify({ partitions: chosen });
  return {
    ...{ requests, work, estimate },
    unfinished: partitions.length - (fleet?.partitions.complete ?? 0),
    lost: missing.length + unexpected.length + wrong.length,
  };
}

function rowsOf(name: string, { requests, work, estimate, unfinished, lost }: FleetRun): BenchRow[] {
  const tooMany = requests.filter(({ status }) => status === 429).length;
  const errorOfRequests = errorPercent(estimate.requests, requests.length);
  const errorOfTime = errorPercent(estimate.seconds, secondsOf(requests));
  return [
    atMost(`${name}: partitions not complete`, unfinished, 0, ''),
    atMost(`${name}: documents missing or wrong`, lost, 0, ''),
    ...(work
      ? [atMost(`${name}: rate left unused while workers are busy`, unusedPercent(work), 5, '%')]
      : []),
    atMost(`${name}: answers 429`, (tooMany / requests.length) * 100, 1, '%'),
    atMost(`${name}: error of the forecast requests`, errorOfRequests, 10, '%'),
    atMost(`${name}: error of the forecast time`, errorOfTime, 10, '%'),
  ];
}

const LONGEST_MS = 600_000;

function isEmpty({ waiting, inFlight }: { waiting: number; inFlight: number }): boolean {
  return waiting + inFlight === 0;
}

/** Returns the percentage of the rate budget that the workers left unused in these partitions. */
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
