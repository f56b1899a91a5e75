import { describe, expect, it } from 'vitest';
import { downloadPlan } from '../../src/app/download-plan.ts';
import { planDownload } from '../../src/app/plan-download.ts';
import { resolveSettings } from '../../src/config/resolve-settings.ts';
import { createVirtualWorld, imdbSizes, LATENCIES, VIRTUAL_SOURCE } from '../support/virtual-world.ts';

describe('downloadPlan', () => {
  it.each([
    ['of the sizes of IMDb’s', imdbSizes()],
    ['of one title', new Array<number>(200).fill(1)],
  ])('uses the rate limit with partitions %s, as forecast, and writes them all', async (_, sizes) => {
    const { world, connection } = open(sizes);
    const { plan, estimate } = await planDownload(connection, world.index);

    const { partitions, thisRun } = await downloadPlan(connection, world.index, plan);
    expect({ partitions, thisRun }).toMatchObject({
      partitions: { complete: sizes.length, incomplete: 0 },
      thisRun: { found: plan.left, requests: plan.left },
    });
    const seconds = (world.sendsMs.at(-1) ?? 0) / 1_000;
    expect((estimate.seconds * plan.left) / estimate.requests / seconds).toBeCloseTo(1, 1);
    expect(world.rateShare(connection.settings.requestsPerSecond, world.sendsMs.at(-1) ?? 0)).toBeGreaterThan(
      0.97,
    );
  });

  it.each([
    ['of 100 titles', new Array<number>(8).fill(100), { tmdbMs: 250, lakeMs: 400, queueMs: 0 }],
    ['of one title', new Array<number>(600).fill(1), { tmdbMs: 200, lakeMs: 200, queueMs: 0 }],
  ])('uses the rate limit with partitions %s in a distant bucket', async (_, sizes, latencies) => {
    const { world, connection } = open(sizes, latencies);
    const { plan } = await planDownload(connection, world.index);
    await downloadPlan(connection, world.index, plan);
    const begunMs = (world.sendsMs[0] ?? 0) + 5_000; // The first titles wait for the first manifest.
    const later = world.sendsMs.filter((atMs) => atMs >= begunMs);
    const seconds = ((later.at(-1) ?? 0) - (later[0] ?? 0)) / 1_000;
    expect((later.length - 1) / seconds).toBeGreaterThan(0.97 * connection.settings.requestsPerSecond);
  });
});

function open(sizes: readonly number[], latencies = LATENCIES) {
  const world = createVirtualWorld(sizes, latencies);
  const { tmdb: TMDB_BASE_URL, imdb: IMDB_DATASETS_URL } = VIRTUAL_SOURCE;
  const settings = resolveSettings({ env: { TMDB_BASE_URL, IMDB_DATASETS_URL } });
  const tmdb = world.createTmdb(settings.requestsPerSecond);
  return { world, connection: { ...world, tmdb, settings, random: () => 0.5 } };
}
