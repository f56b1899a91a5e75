import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NOTHING_WRONG } from '../../sandbox/verify-lake.ts';
import type { LaunchResult } from '../../src/cli/format-launch.ts';
import type { RedriveResult } from '../../src/cli/format-redrive.ts';
import type { Partition } from '../../src/partition.ts';
import {
  containers,
  DEAD_LETTER_QUEUE,
  type OpenSandbox,
  openSandbox,
  QUEUE,
  until,
} from './open-sandbox.ts';

/** Six minutes: the worker's timeout and one spare minute. */
const CRASHED_MESSAGE_BACK_MS = 360_000;
/** A worker that has titles to do sends requests far more often. */
const QUIET_MS = 5_000;

describe('a fleet with poison messages and a crashing worker', () => {
  let sandbox: OpenSandbox;
  beforeAll(async () => {
    // Slow enough to kill a worker while it is working.
    sandbox = await openSandbox({ latencyMs: 150 });
    await sandbox.tddJson('deploy', '--yes', '--workers', '2');
  });
  afterAll(() => sandbox.stop());

  test('completes, and puts the poison messages into the dead-letter queue', async () => {
    const poison = ['no JSON', '{"year": 2021, "initial": "../"}', '{"year": 99999, "initial": "TH"}'];
    for (const body of poison) await sandbox.sendMessage(body);
    const launched = await sandbox.tddJson<LaunchResult>('launch', '--initial', 'TH', '--yes');
    expect(launched.partitions.length).toBeGreaterThan(3);

    await until(() => sandbox.tmdb.stats().requests.length > 10);
    await until(() => {
      // Another one if this one is idle.
      const oldest = containers()[0];
      if (oldest !== undefined) process.kill(oldest, 'SIGKILL');
      return sandbox.workerLog().some(({ record }) => record?.errorMessage?.includes('SIGKILL'));
    });

    // All other partitions complete while the messages of the killed worker are hidden.
    const lacking = await until(async () => {
      const { waiting } = await sandbox.depthOf(QUEUE);
      const isQuiet = Date.now() - (sandbox.tmdb.stats().requests.at(-1)?.atMs ?? 0) > QUIET_MS;
      return waiting === 0 && isQuiet && sandbox.status();
    });
    expect(lacking).toMatchObject({ phase: 'running', deadLetters: 3, queue: { waiting: 0 } });
    const lost = lacking.queue?.inFlight ?? 0;
    expect(lost).toBeGreaterThan(0);
    expect(lacking.fleet?.partitions.complete).toBeGreaterThanOrEqual(launched.partitions.length - lost);
    expect(lacking.advice).toEqual([
      { problem: 'The dead-letter queue contains 3 messages', command: 'tdd redrive' },
    ]);

    sandbox.aws.passTime(CRASHED_MESSAGE_BACK_MS);
    await sandbox.untilComplete();
    const partitions = launched.partitions.map(({ year, initial }) => ({ year, initial }));
    expect(await sandbox.verify({ partitions })).toMatchObject(NOTHING_WRONG);
  });

  test('lists poison messages with their reasons, and does not return them', async () => {
    const listed = await sandbox.tddJson<RedriveResult>('redrive', '--dry-run');
    expect(listed.letters).toHaveLength(3);
    for (const { reason, partition } of listed.letters) {
      expect(reason).toMatch(/message/i);
      expect(partition).toBeUndefined();
    }
    const { exitCode, stdout } = await sandbox.tdd('redrive', '--dry-run');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/\(unreadable\)/);
    expect(await sandbox.depthOf(DEAD_LETTER_QUEUE)).toEqual({ waiting: 3, inFlight: 0 });

    expect(stdout).toMatch(/3 unreadable messages stay in the dead-letter queue/);

    const { chosen, report } = await sandbox.tddJson<RedriveResult>('redrive', '--yes');
    expect({ chosen, report }).toMatchObject({ chosen: 0, report: { moved: 0, left: 0 } });
    expect(await sandbox.depthOf(DEAD_LETTER_QUEUE)).toEqual({ waiting: 3, inFlight: 0 });
  });

  test('moves a partition whose worker crashes every time to the dead-letter queue, and completes it after a redrive', async () => {
    // A year that is not part of the fleet.
    const { year, initial } = anyBefore2000(sandbox);
    const simulated = sandbox.tdd('simulate', '--year', String(year), '--initial', initial, '--wait');
    await until(async () => {
      for (const container of containers()) process.kill(container, 'SIGKILL');
      sandbox.aws.passTime(CRASHED_MESSAGE_BACK_MS);
      return (await sandbox.depthOf(DEAD_LETTER_QUEUE)).waiting === 4;
    });
    const { exitCode, stdout } = await simulated;
    expect(stdout).toMatch(/not complete\..* crashed, ran out/);
    expect(exitCode).toBe(1);

    const { report } = await sandbox.tddJson<RedriveResult>(
      'redrive',
      '--partition',
      `${year}/${initial}`,
      '--yes',
    );
    expect(report).toMatchObject({ moved: 1, left: 0 });
    await until(async () => {
      const { missing } = await sandbox.verify({ partitions: [{ year, initial }] });
      return missing.length === 0;
    });
    expect(await sandbox.depthOf(DEAD_LETTER_QUEUE)).toEqual({ waiting: 3, inFlight: 0 });
  });
});

function anyBefore2000({ catalogue }: OpenSandbox): Partition {
  const old = [...catalogue.expectedTitles().values()].find(({ partition }) => partition.year < 2000);
  if (old === undefined) throw new Error('The catalogue has no movie before 2000.');
  return old.partition;
}
