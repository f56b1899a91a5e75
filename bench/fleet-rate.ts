import { TRANSIENT_FAULTS } from '../sandbox/tmdb/faults.ts';
import { imdbSizes } from '../test/support/virtual-world.ts';
import { runVirtualFleet } from '../test/worker/virtual-fleet.ts';
import { atMost, type BenchRow } from './bench-row.ts';
import { imdbYears } from './imdb-years.ts';
import { type FleetBench, measureFleet, REALISTIC, rowsOfFleet } from './measure-fleet.ts';

const FLEET = {
  requestsPerSecond: 40,
  workers: 4,
  // Every worker's time runs out once, so that the change to its next invocation is measured too.
  timeoutSeconds: 195,
  limitSeconds: 600,
} as const;
/** Excludes 429s, which pacing must avoid, and hanging requests, which do not affect the rate. */
const FAULTS = TRANSIENT_FAULTS.filter((kind) => kind !== '429' && kind !== 'hang');

/**
 * Measures how much of a limit of 40 requests per second a fleet of four workers uses with realistic latencies and
 * partitions of the sizes of IMDb's, and the errors of the forecast; then the same while 5 % of the requests fail. It takes
 * 4 minutes. A busy machine slows the fleet down, so the rate is also measured in virtual time.
 */
export async function runFleetRateBench(): Promise<BenchRow[]> {
  const virtual = await runVirtualFleet(imdbSizes(13), FLEET);
  const virtualShare = virtual.rateShare(FLEET.requestsPerSecond, virtual.emptiedMs);
  const fleet = await measureFleet(benchOf('fleet', 6_300, 6));
  const faulty = await measureFleet({
    ...benchOf('fleet with 5 % faults', 1_500, 2),
    faults: { rate: 0.05, kinds: FAULTS },
  });
  const unused = 'rate left unused until the queue is empty';
  return [
    atMost(`fleet in virtual time: ${unused}`, (1 - virtualShare) * 100, 3, '%'),
    atMost(`fleet: ${unused}`, fleet.unusedPercent, 5, '%'),
    ...rowsOfFleet('fleet', fleet, 10),
    ...rowsOfFleet('fleet with 5 % faults', faulty, 10),
  ];
}

function benchOf(name: string, titles: number, years: number): FleetBench {
  const catalogue = { titles, years: imdbYears(years), olderYears: [], othersPerTitle: 1 };
  return { ...FLEET, ...REALISTIC, name, catalogue };
}
