import { ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TRANSIENT_FAULTS } from '../../sandbox/tmdb/faults.ts';
import { NOTHING_WRONG } from '../../sandbox/verify-lake.ts';
import type { LaunchResult } from '../../src/cli/format-launch.ts';
import { type Partition, partitionName } from '../../src/partition.ts';
import { VISIBILITY_TIMEOUT_SECONDS } from '../../src/worker-contract.ts';
import { containers, type OpenSandbox, openSandbox, QUEUE, until } from './open-sandbox.ts';

/** Slow enough for all changes to happen while the fleet runs, even on a busy machine. Two workers have up to 120 titles. */
const REQUESTS_PER_SECOND = 6;
/** A 429 would slow the workers down. */
const FAULTS = { rate: 0.1, kinds: TRANSIENT_FAULTS.filter((kind) => kind !== 'hang' && kind !== '429') };

describe('a fleet that is changed while it runs', () => {
  let sandbox: OpenSandbox;
  let launched: LaunchResult;
  beforeAll(async () => {
    sandbox = await openSandbox({ titles: Number(process.env.TDD_TEST_FLEET_TITLES ?? 600) });
    sandbox.env.TMDB_REQUESTS_PER_SECOND = String(REQUESTS_PER_SECOND);
    await sandbox.tddJson('deploy', '--yes', '--workers', '2');
    launched = await sandbox.tddJson<LaunchResult>('launch', '--min-year', '2020', '--yes');
  });
  afterAll(() => sandbox.stop());

  test.each([4, 2])('continues with %s workers', async (workers) => {
    await until(() => sandbox.tmdb.stats().requests.length > 0);
    const { exitCode, stderr } = await sandbox.tdd('deploy', '--yes', '--workers', String(workers));
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/MaximumConcurrency: \d → \d/);
    expect(await readConcurrency(sandbox)).toEqual([workers]);
    sandbox.tmdb.clearStats();
    await until(() => sandbox.tmdb.stats().requests.length > REQUESTS_PER_SECOND);
    expect((await sandbox.status()).phase).toBe('running');
  });

  test('is paused: workers finish the partitions that they have, and take none of the messages that wait', async () => {
    expect((await sandbox.tdd('pause')).exitCode).toBe(0);
    await until(async () => (await sandbox.depthOf(QUEUE)).inFlight === 0);
    // Messages of another producer.
    for (const { year, initial } of notLaunched(sandbox)) {
      await sandbox.sendMessage(JSON.stringify({ year: String(year), initial }));
    }
    const { exitCode, stdout } = await sandbox.tdd('pause');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/Waiting: \d+ messages; SQS (?:deletes|starts deleting)/);
    const { waiting } = await sandbox.depthOf(QUEUE);
    expect(waiting).toBeGreaterThanOrEqual(notLaunched(sandbox).length);
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
    // No partition was downloaded twice.
    const runs = sandbox.workerLog().flatMap(({ partition }) => partition ?? []);
    expect(runs.sort()).toEqual([...new Set(runs)].sort());
  });

  test('is resumed, and completes exactly despite faults of TMDB, a killed worker, duplicates and a deploy', async () => {
    sandbox.tmdb.setFaults(FAULTS);
    sandbox.env.TMDB_REQUESTS_PER_SECOND = '20';
    // More workers would finish all titles before the deploy, which waits for them.
    await sandbox.tddJson('deploy', '--yes', '--workers', '2');
    const partitions = [
      ...launched.partitions.map(({ year, initial }) => ({ year, initial })),
      ...notLaunched(sandbox),
    ];
    const some = partitions.filter((_, place) => place % 5 === 0);
    for (const partition of some) await sandbox.sendMessage(JSON.stringify(partition));
    sandbox.tmdb.clearStats();
    await sandbox.tddJson('resume');
    await until(() => sandbox.tmdb.stats().requests.length > 20);
    // Not killed again once that is logged: the calls that it had sent must be answered before time passes.
    await until(() => {
      if (sandbox.workerLog().some(({ record }) => record?.errorMessage?.includes('SIGKILL'))) return true;
      // The newest: the others may be idle, with the code of an earlier deploy.
      const newest = containers().at(-1);
      if (newest !== undefined) process.kill(newest, 'SIGKILL');
      return false;
    });
    // Its message returns, even if it had not shortened the visibility timeout, and so do those of workers that are busy.
    sandbox.aws.passTime(VISIBILITY_TIMEOUT_SECONDS * 1_000);
    sandbox.env.TMDB_REQUESTS_PER_SECOND = '1000';
    await sandbox.tddJson('deploy', '--yes', '--workers', '3', '--memory-size', '768');
    expect((await sandbox.depthOf(QUEUE)).waiting).toBeGreaterThan(0);

    const done = await sandbox.untilComplete();
    expect(done).toMatchObject({ deadLetters: 0, advice: [], fleet: { movies: { failed: 0 } } });
    expect(await sandbox.verify({ partitions })).toMatchObject(NOTHING_WRONG);
    sandbox.tmdb.setFaults({});
  });

  test('is joined by a simulated partition, which completes', async () => {
    const { exitCode, stdout } = await sandbox.tdd('simulate', ...flagsOf(before2000(sandbox)[0]), '--wait');
    expect(stdout).toMatch(/ is complete\./);
    expect(exitCode).toBe(0);
  });

  test('is joined by a simulated partition, which fails', async () => {
    sandbox.tmdb.setKeyRevoked(true);
    const { exitCode, stdout } = await sandbox.tdd('simulate', ...flagsOf(before2000(sandbox)[1]), '--wait');
    expect(stdout).toMatch(/ is not complete\. TMDB rejected the API key/);
    expect(exitCode).toBe(1);
  });
});

/** Partitions that are not part of the fleet, for messages of another producer. */
function notLaunched(sandbox: OpenSandbox): Partition[] {
  return partitionsOf(sandbox, ({ year }) => year >= 2000 && year < 2020);
}

/** Partitions that are not part of the fleet either, to simulate. */
function before2000(sandbox: OpenSandbox): Partition[] {
  return partitionsOf(sandbox, ({ year }) => year < 2000);
}

function partitionsOf({ catalogue }: OpenSandbox, isWanted: (partition: Partition) => boolean): Partition[] {
  const all = [...catalogue.expectedTitles().values()].map(({ partition }) => partition);
  return [
    ...new Map(all.filter(isWanted).map((partition) => [partitionName(partition), partition])).values(),
  ];
}

function flagsOf(partition: Partition | undefined): string[] {
  return ['--year', String(partition?.year), '--initial', String(partition?.initial)];
}

async function readConcurrency({ lambda }: OpenSandbox) {
  const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({}));
  return EventSourceMappings.map(({ ScalingConfig }) => ScalingConfig?.MaximumConcurrency);
}
