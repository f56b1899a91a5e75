import { atMost, type BenchRow } from './bench-row.ts';
import { imdbYears } from './imdb-years.ts';
import { measureFleet, rowsOfFleet } from './measure-fleet.ts';

/**
 * Downloads 100,000 movies with one fleet, compares every document and part, and the requests and time with the forecast.
 * The rate is that of a fleet three times as fast as TMDB permits, so that it takes a quarter of an hour.
 */
export async function runCatalogueBench(): Promise<BenchRow[]> {
  const name = 'fleet of 100,000 movies';
  const run = await measureFleet({
    name,
    requestsPerSecond: 120,
    workers: 4,
    // Each worker then has a whole CPU, as in the sandbox.
    memorySize: 1_769,
    limitSeconds: 7_200,
    sandbox: {
      titles: 100_000,
      years: imdbYears(125, 3),
      olderYears: [],
      othersPerTitle: 0,
      latencyMs: 80,
      awsLatencyMs: 10,
    },
  });
  return [
    atMost(`${name}: rate left unused until the queue is empty`, run.unusedPercent, 5, '%'),
    ...rowsOfFleet(name, run, 5),
    atMost(`${name}: memory of the stand-ins`, process.resourceUsage().maxRSS / 1_024, 1_000, 'MB'),
  ];
}
