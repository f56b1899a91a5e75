import { expect, test } from 'vitest';
import { isRecord } from '../../src/json.ts';
import { MANIFEST_PREFIX } from '../../src/lake/keys.ts';
import { imdbSizes } from '../support/virtual-world.ts';
import { runVirtualFleet } from './virtual-fleet.ts';

test('a fleet uses the rate limit with partitions of the sizes of IMDb’s, also when the time of its workers runs out', async () => {
  const sizes = imdbSizes(3);
  const budget = { requestsPerSecond: 5, workers: 2 };
  const fleet = await runVirtualFleet(sizes, budget);
  expect(fleet.rateShare(budget.requestsPerSecond, fleet.emptiedMs)).toBeGreaterThan(0.97);
  expect(fleet.sendsMs).toHaveLength(sizes.reduce((sum, size) => sum + size, 0));
  const manifests = fleet.lake.keys(MANIFEST_PREFIX).map((key) => JSON.parse(fleet.lake.text(key) ?? ''));
  expect(manifests.filter((manifest) => isRecord(manifest) && manifest.complete)).toHaveLength(sizes.length);
});
