import { estimateFleet } from '../src/fleet/estimate.ts';
import { imdbSizes } from '../test/support/virtual-world.ts';
import { runVirtualFleet } from '../test/worker/virtual-fleet.ts';
import { atMost, type BenchRow } from './bench-row.ts';
import { imdbYears } from './imdb-years.ts';
import { measureFleet, rowsOfFleet } from './measure-fleet.ts';
import { print } from './rate-use.ts';

/**
 * Downloads 100,000 movies with one fleet, compares every document and part, and the requests and time with the forecast:
 * two and a half times as fast as TMDB permits, so that it takes twenty minutes, and at TMDB's rate in virtual time.
 */
export async function runCatalogueBench(): Promise<BenchRow[]> {
  const virtual = await runInVirtualTime();
  const name = 'fleet of 100,000 movies';
  const run = await measureFleet({
    name,
    requestsPerSecond: 100,
    workers: 4,
    // Each worker then has a whole CPU, as in the sandbox.
    memorySize: 1_769,
    // As the README advises: a first small launch, from which the forecast of the second one learns.
    learnsFrom: 800,
    limitSeconds: 7_200,
    latencyMs: 80,
    awsLatencyMs: 10,
    catalogue: { titles: 100_000, years: imdbYears(125, 3), olderYears: [], othersPerTitle: 0 },
  });
  return [
    ...virtual,
    atMost(`${name}: rate left unused until the queue is empty`, run.unusedPercent, 5, '%'),
    ...rowsOfFleet(name, run, 5),
    atMost(`${name}: memory of the stand-ins`, process.resourceUsage().maxRSS / 1_024, undefined, 'MB'),
  ];
}

/** Forty minutes at TMDB's rate: ten invocations of each worker. */
async function runInVirtualTime(): Promise<BenchRow[]> {
  const name = 'fleet of 100,000 movies in virtual time';
  print(name);
  const sizes = imdbSizes(208);
  const budget = { requestsPerSecond: 40, workers: 4, memorySize: 512 };
  const rates = { requestsPerMovie: 1, foundShare: 1, reviewsPerMovie: 0, learntFrom: 1 };
  const { seconds } = estimateFleet(
    sizes.map((left) => ({ left })),
    budget,
    rates,
  );
  const fleet = await runVirtualFleet(sizes, budget);
  const tookSeconds = ((fleet.sendsMs.at(-1) ?? 0) - (fleet.sendsMs[0] ?? 0)) / 1_000;
  print(`forecast ${seconds.toFixed(0)} s, took ${tookSeconds.toFixed(0)} s`);
  return [
    atMost(
      `${name}: rate left unused until the queue is empty`,
      (1 - fleet.rateShare(budget.requestsPerSecond, fleet.emptiedMs)) * 100,
      3,
      '%',
    ),
    atMost(
      `${name}: error of the forecast time`,
      (Math.abs(seconds - tookSeconds) / tookSeconds) * 100,
      5,
      '%',
    ),
  ];
}
