import { describe, expect, test } from 'vitest';
import { downloadPlan } from '../../src/app/download-plan.ts';
import { type DownloadPlan, planDownload } from '../../src/app/plan-download.ts';
import { resolveSettings } from '../../src/config/resolve-settings.ts';
import { createLaunchRecord, writeLaunchRecord } from '../../src/fleet/launch-record.ts';
import { fleetKey, manifestKey } from '../../src/lake/keys.ts';
import { createFakeClock } from '../support/fake-clock.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { indexOf, manifestOf, putManifest, withMissingReviews } from './synthetic-lake.ts';

const index = {
  ...indexOf({ 2004: { AA: 10, BB: 20, CC: 30 } }),
  idHashes: { 2004: hashes('AA', 'BB', 'CC') },
};

function hashes(...initials: string[]): Record<string, string> {
  return Object.fromEntries(initials.map((initial) => [initial, `hash of ${initial}`]));
}

function setUp() {
  const clock = createFakeClock();
  const lake = new MemoryLake('memory://lake', clock.now);
  const settings = resolveSettings({ env: {} });
  /** Writes a complete manifest of the titles in the index. */
  const complete = (initial: string, found: number, given: Parameters<typeof manifestOf>[1] = {}) =>
    putManifest(lake, {
      ...manifestOf({ year: 2004, initial }, { ...given, found }),
      idHash: `hash of ${initial}`,
    });
  return { clock, lake, complete, connection: { lake, clock, settings } };
}

const names = ({ partitions }: DownloadPlan) => partitions.map(({ initial, left }) => `${initial} ${left}`);

describe('planDownload', () => {
  test('leaves out partitions that have nothing to download', async () => {
    const { connection, complete, lake } = setUp();
    await complete('BB', 20);
    const { plan, upToDate, partsOnly } = await planDownload(connection, index);
    expect({ names: names(plan), upToDate, partsOnly }).toEqual({
      names: ['CC 30', 'AA 10'],
      upToDate: 1,
      partsOnly: 0,
    });
    expect(plan).toMatchObject({ movies: 40, left: 40, inRange: 3 });
    // It has as many titles as the list. Only its hash, which earlier versions did not write, shows that they are the same.
    await putManifest(lake, manifestOf({ year: 2004, initial: 'BB' }, { found: 20 }));
    expect(names((await planDownload(connection, index)).plan)).toEqual(['CC 30', 'AA 10', 'BB 0']);
  });

  test('selects failed titles, missing reviews, and complete partitions without parts', async () => {
    const { connection, complete, lake } = setUp();
    await complete('AA', 8, { titles: 10, failed: 2 });
    await putManifest(lake, {
      ...withMissingReviews(manifestOf({ year: 2004, initial: 'BB' }, { found: 20 })),
      idHash: 'hash of BB',
    });
    await complete('CC', 30, { parts: false, reviews: 5 });
    expect(names((await planDownload(connection, index, { failed: true })).plan)).toEqual(['AA 2', 'BB 1']);
    const missing = await planDownload(connection, index, { onlyMissing: true });
    expect(names(missing.plan)).toEqual(['AA 2', 'CC 0']);
    expect(missing).toMatchObject({ partsOnly: 1, estimate: { documentsToRead: 8 + 35 } });
    expect(missing.notes).toEqual([
      { about: 'partsOnly', text: expect.stringMatching(/^1 partition is complete but has no parts, /) },
    ]);
  });

  test('notes that the list no longer has a partition', async () => {
    const { connection, lake } = setUp();
    await putManifest(lake, manifestOf({ year: 2004, initial: 'QQ' }, { found: 2 }));
    const { plan, notes } = await planDownload(connection, index, { initial: 'QQ' });
    expect(names(plan)).toEqual(['QQ 0']);
    expect(notes).toEqual([
      {
        about: 'vacated',
        text: expect.stringMatching(/^IMDb's list no longer has titles in 1 partition of /),
      },
    ]);
  });

  test('ends with the partition in which the limit is reached', async () => {
    const { connection } = setUp();
    const { plan, estimate } = await planDownload(connection, index, {}, { limit: 35 });
    expect(names(plan)).toEqual(['CC 30', 'BB 5']);
    expect(plan).toMatchObject({ movies: 50, left: 35, limit: 35, beyondLimit: 15 });
    expect(estimate.requests).toBe(42);
  });

  test('has dollars only for a bucket', async () => {
    const { connection, clock } = setUp();
    expect((await planDownload(connection, index)).estimate.dollars).toBeUndefined();
    const bucket = { ...connection, lake: new MemoryLake('s3://films', clock.now) };
    expect((await planDownload(bucket, index)).estimate.dollars).toMatchObject({ s3: expect.any(Number) });
  });

  test('notes that the latest launch is not complete, for as long as its messages live', async () => {
    const { connection, complete, lake, clock } = setUp();
    const { plan } = await planDownload(connection, index);
    const launch = createLaunchRecord(plan, {
      run: '20261122T101500Z-4f3a2b',
      queue: 'q',
      nowMs: clock.now(),
    });
    lake.put(fleetKey(launch.run), writeLaunchRecord(launch));
    await complete('CC', 30);
    expect((await planDownload(connection, index)).notes).toEqual([
      { about: 'launch', text: expect.stringMatching(/^Launch \S+ has 2 partitions left: .*"tdd pause"/) },
    ]);
    await complete('AA', 9, { titles: 10, failed: 1 });
    await complete('BB', 20);
    expect((await planDownload(connection, index)).notes).toEqual([]);
    lake.remove(manifestKey({ year: 2004, initial: 'BB' }));
    await clock.sleep(15 * 86_400_000);
    expect((await planDownload(connection, index)).notes).toEqual([]);
  });

  test('refuses partitions of a newer version, but only if they are planned', async () => {
    const { connection, lake } = setUp();
    lake.put(manifestKey({ year: 2004, initial: 'BB' }), JSON.stringify({ version: 99 }));
    await expect(planDownload(connection, index)).rejects.toThrow(
      'The manifest of 2004/BB was written by a newer version of tdd: update tdd, or choose other partitions.',
    );
    expect(names((await planDownload(connection, index, { initial: 'AA' })).plan)).toEqual(['AA 10']);
  });
});

test('downloadPlan without partitions has nothing to do', async () => {
  const { connection } = setUp();
  const { plan } = await planDownload(connection, index, { failed: true });
  const tmdb = { sent: { requests: 0, throttled: 0 } } as never;
  const report = await downloadPlan({ ...connection, tmdb, random: () => 0.5 }, index, plan);
  expect(report).toMatchObject({ outcome: 'complete', partitions: { total: 0 }, thisRun: { total: 0 } });
});
