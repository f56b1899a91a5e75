import { ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { LaunchResult } from '../../src/cli/format-launch.ts';
import type { Partition } from '../../src/partition.ts';
import { NOTHING_WRONG, type OpenSandbox, openSandbox, QUEUE, until } from './open-sandbox.ts';

/** Slow enough for all changes to happen while the fleet runs, even on a busy machine. */
const REQUESTS_PER_SECOND = 6;

describe('a fleet that is changed while it runs', () => {
  let sandbox: OpenSandbox;
  let launched: LaunchResult;
  beforeAll(async () => {
    sandbox = await openSandbox({ titles: 300 });
    sandbox.env.TMDB_REQUESTS_PER_SECOND = String(REQUESTS_PER_SECOND);
    await sandbox.tddJson('deploy', '--yes', '--workers', '3');
    launched = await sandbox.tddJson<LaunchResult>('launch', '--min-year', '2020', '--yes');
  });
  afterAll(() => sandbox.stop());

  test.each([6, 2])('continues with %s workers', async (workers) => {
    await until(() => sandbox.tmdb.stats().requests.length > 0);
    const { exitCode, stderr } = await sandbox.tdd('deploy', '--yes', '--workers', String(workers));
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/MaximumConcurrency: \d → \d/);
    expect(await readConcurrency(sandbox)).toEqual([workers]);
    sandbox.tmdb.clearStats();
    await until(() => sandbox.tmdb.stats().requests.length > REQUESTS_PER_SECOND);
    expect((await sandbox.status()).phase).toBe('running');
  });

  test('is paused: workers finish their partitions, and the other messages wait', async () => {
    const { exitCode, stdout } = await sandbox.tdd('pause');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Waiting: \d+ messages; SQS (?:deletes|starts deleting)/);
    await until(async () => (await sandbox.depthOf(QUEUE)).inFlight === 0);
    const { waiting } = await sandbox.depthOf(QUEUE);
    expect(waiting).toBeGreaterThan(0);
    sandbox.tmdb.clearStats();
    expect(await sandbox.status()).toMatchObject({
      phase: 'paused',
      queue: { waiting, inFlight: 0 },
      advice: [{ command: 'tdd resume' }],
    });
    // A deploy leaves it paused.
    expect((await sandbox.tdd('deploy', '--yes', '--workers', '2')).exitCode).toBe(0);
    expect((await sandbox.status()).phase).toBe('paused');
    // The deploy has checked the API key, and no worker has sent a request.
    const asked = sandbox.tmdb.stats().requests.map(({ path }) => path);
    expect(asked.filter((path) => path !== '/3/authentication')).toEqual([]);
  });

  test('is resumed with a larger rate budget, and completes without downloading anything twice', async () => {
    sandbox.env.TMDB_REQUESTS_PER_SECOND = '1000';
    await sandbox.tddJson('deploy', '--yes', '--workers', '4');
    await sandbox.tddJson('resume');
    const done = await sandbox.untilComplete();
    expect(done).toMatchObject({ deadLetters: 0, advice: [], fleet: { movies: { failed: 0 } } });
    const partitions = launched.partitions.map(({ year, initial }) => ({ year, initial }));
    expect(await sandbox.verify({ partitions })).toMatchObject(NOTHING_WRONG);
    const runs = sandbox.workerLog().flatMap(({ partition }) => partition ?? []);
    expect(runs.sort()).toEqual([...new Set(runs)].sort());
  });

  test('is joined by a simulated partition, which completes', async () => {
    const { exitCode, stdout } = await sandbox.tdd('simulate', ...flagsOf(of2019(sandbox)[0]), '--wait');
    expect(stdout).toMatch(/ is complete\./);
    expect(exitCode).toBe(0);
  });

  test('is joined by a simulated partition, which fails', async () => {
    sandbox.tmdb.setKeyRevoked(true);
    const { exitCode, stdout } = await sandbox.tdd('simulate', ...flagsOf(of2019(sandbox)[1]), '--wait');
    expect(stdout).toMatch(/ is not complete\. TMDB rejected the API key/);
    expect(exitCode).toBe(1);
  });
});

/** Partitions that are not part of the fleet. */
function of2019({ catalogue }: OpenSandbox): Partition[] {
  const all = [...catalogue.expectedTitles().values()].map(({ partition }) => partition);
  const names = [...new Set(all.filter(({ year }) => year === 2019).map(({ initial }) => initial))];
  return names.map((initial) => ({ year: 2019, initial }));
}

function flagsOf(partition: Partition | undefined): string[] {
  return ['--year', String(partition?.year), '--initial', String(partition?.initial)];
}

async function readConcurrency({ lambda }: OpenSandbox) {
  const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({}));
  return EventSourceMappings.map(({ ScalingConfig }) => ScalingConfig?.MaximumConcurrency);
}
