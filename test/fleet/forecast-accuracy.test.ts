import { expect, it } from 'vitest';
import { estimateFleet } from '../../src/fleet/estimate.ts';
import { priceS3 } from '../../src/fleet/prices.ts';
import { imdbSizes } from '../support/virtual-world.ts';
import { runVirtualFleet } from '../worker/virtual-fleet.ts';

const BUDGET = { requestsPerSecond: 40, workers: 4, memorySize: 512 };
/** Of the virtual world: TMDB has every movie, and no reviews. */
const RATES = { requestsPerMovie: 1, foundShare: 1, reviewsPerMovie: 0, learntFrom: 0 };

it.each([
  ["of the sizes of IMDb's", imdbSizes(2)],
  ['with one movie each', new Array<number>(200).fill(1)],
  ['of which one is too large to keep all workers busy', [300, 90, 60, 40, 20, 10, 5, 1]],
])('the forecast is what a fleet in virtual time takes for partitions %s', async (_, sizes) => {
  const { sendsMs, lake } = await runVirtualFleet(sizes, BUDGET);
  const work = sizes.map((left) => ({ left }));
  const { requests, seconds, dollars } = estimateFleet(work, BUDGET, RATES);
  expect(requests).toBe(sendsMs.length);
  const took = Math.max(...sendsMs) / 1_000;
  // The last manifest is written up to a second after the last request was sent.
  expect(seconds).toBeGreaterThan(took * 0.98);
  expect(seconds).toBeLessThan(took * 1.02 + 1);
  const countOf = (names: readonly string[]) => lake.calls.filter(({ name }) => names.includes(name)).length;
  const calls = { puts: countOf(['write', 'compareAndSwap']), gets: countOf(['read', 'readRange']) };
  expect(dollars.s3 / priceS3(calls)).toBeCloseTo(1, 1);
});
