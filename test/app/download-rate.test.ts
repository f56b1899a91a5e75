import { describe, expect, test } from 'vitest';
import { downloadPlan } from '../../src/app/download-plan.ts';
import { planDownload } from '../../src/app/plan-download.ts';
import { resolveSettings } from '../../src/config/resolve-settings.ts';
import { createVirtualWorld, imdbSizes, VIRTUAL_SOURCE } from '../support/virtual-world.ts';

describe('downloadPlan', () => {
  test.each([
    ['of the sizes of IMDb’s', imdbSizes()],
    ['of one title', new Array<number>(200).fill(1)],
  ])('uses the rate limit with partitions %s, as forecast, and writes them all', async (_, sizes) => {
    const world = createVirtualWorld(sizes);
    const { tmdb: TMDB_BASE_URL, imdb: IMDB_DATASETS_URL } = VIRTUAL_SOURCE;
    const settings = resolveSettings({ env: { TMDB_BASE_URL, IMDB_DATASETS_URL } });
    const { requestsPerSecond } = settings;
    const tmdb = world.createTmdb(requestsPerSecond);
    const connection = { ...world, tmdb, settings, random: () => 0.5 };
    const { plan, estimate } = await planDownload(connection, world.index);

    const { partitions, thisRun } = await downloadPlan(connection, world.index, plan);
    expect({ partitions, thisRun }).toMatchObject({
      partitions: { complete: sizes.length, incomplete: 0 },
      thisRun: { found: plan.left, requests: plan.left },
    });
    const seconds = (world.sendsMs.at(-1) ?? 0) / 1_000;
    expect((estimate.seconds * plan.left) / estimate.requests / seconds).toBeCloseTo(1, 1);
    expect(world.rateShare(requestsPerSecond, world.sendsMs.at(-1) ?? 0)).toBeGreaterThan(0.97);
  });
});
