import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SANDBOX_READ_TOKEN } from '../../sandbox/tmdb/keys.ts';
import type { LaunchResult } from '../../src/cli/format-launch.ts';
import { NOTHING_WRONG, type OpenSandbox, openSandbox, QUEUE, until } from './open-sandbox.ts';

const WORKERS = 2;
/** Connections of a worker: as many questions can be under way when TMDB goes away. */
const CONNECTIONS = 20;
/** Longer than a worker that has not noticed would wait before it asks again. */
const QUIET_MS = 9_000;

/** Two fleets that mostly wait, at the same time, each in a sandbox of its own. */
describe.concurrent('a fleet in the middle of which', () => {
  const sandboxes: OpenSandbox[] = [];
  beforeAll(async () => {
    sandboxes.push(...(await Promise.all([openSandbox({ titles: 400 }), openSandbox({ titles: 120 })])));
    for (const { env, tddJson } of sandboxes) {
      // Slow enough to be met in the middle.
      env.TMDB_REQUESTS_PER_SECOND = '20';
      await tddJson('deploy', '--yes', '--workers', String(WORKERS));
    }
  });
  afterAll(async () => {
    await Promise.all(sandboxes.map(({ stop }) => stop()));
  });

  test('TMDB is down for a while completes by itself', { timeout: 150_000 }, async ({ expect }) => {
    const [sandbox] = sandboxes as [OpenSandbox, OpenSandbox];
    const { tmdb } = sandbox;
    // The partitions with the most movies: of a small one each movie's eight tries would be waited for.
    const launched = await launchHalf(sandbox, '--initial', 'TH');
    tmdb.setDown('503 code 9');
    tmdb.clearStats();

    // Each worker has noticed, and waits.
    await until(() => Date.now() - (tmdb.stats().requests.at(-1)?.atMs ?? Date.now()) > QUIET_MS);
    expect(tmdb.stats().requests.length).toBeLessThanOrEqual(WORKERS * 2 * CONNECTIONS);
    const during = await sandbox.status();
    expect(during).toMatchObject({ phase: 'running', deadLetters: 0, queue: { inFlight: WORKERS } });
    expect(during.fleet?.movies.failed).toBe(0);

    tmdb.setDown(undefined);
    await waitUntilComplete(sandbox, launched);
  });

  test('the key is revoked waits until it has a good one', { timeout: 150_000 }, async ({ expect }) => {
    const [, sandbox] = sandboxes as [OpenSandbox, OpenSandbox];
    const { tmdb, env, tdd, tddJson } = sandbox;
    const launched = await launchHalf(sandbox);
    tmdb.setKeyRevoked(true);
    tmdb.clearStats();
    await until(() => keyRefusals(sandbox) > 0);
    const paused = await until(async () => {
      const status = await sandbox.status();
      return status.phase === 'paused' && status;
    });
    expect(paused).toMatchObject({
      deadLetters: 0,
      advice: [
        {
          problem: 'TMDB refused the API key, so a worker has disabled the event source',
          command: 'tdd development && tdd deploy && tdd resume',
        },
      ],
    });
    expect(paused.fleet?.movies.failed).toBe(0);

    // The workers have put their messages back for later, and nobody takes others.
    const { waiting } = await until(async () => {
      const depth = await sandbox.depthOf(QUEUE);
      return depth.inFlight > 0 && depth.inFlight === keyRefusals(sandbox) && depth;
    });
    expect(waiting).toBeGreaterThan(0);
    expect(tmdb.stats().requests.length).toBeLessThanOrEqual(WORKERS * CONNECTIONS);

    tmdb.setKeyRevoked(false);
    env.TMDB_API_KEY = SANDBOX_READ_TOKEN;
    env.TMDB_REQUESTS_PER_SECOND = '1000';
    const deployed = await tdd('deploy', '--yes', '--workers', String(WORKERS));
    expect(deployed.exitCode).toBe(0);
    expect(deployed.stderr).toMatch(/TMDB_API_KEY: \(hidden\) → changed/);
    expect(deployed.stdout + deployed.stderr).not.toContain(SANDBOX_READ_TOKEN);
    expect(await sandbox.status()).toMatchObject({ phase: 'paused' });
    await tddJson('resume');
    // What the workers put back is hidden for two minutes and some seconds.
    sandbox.aws.passTime(180_000);
    await waitUntilComplete(sandbox, launched);
  });
});

/** Sends partitions and waits until the workers are in the middle of them. */
async function launchHalf(sandbox: OpenSandbox, ...filters: string[]): Promise<LaunchResult> {
  const launched = await sandbox.tddJson<LaunchResult>('launch', ...filters, '--yes');
  await until(() => sandbox.tmdb.stats().requests.length > 10);
  return launched;
}

async function waitUntilComplete(sandbox: OpenSandbox, { partitions }: LaunchResult): Promise<void> {
  expect(await sandbox.untilComplete()).toMatchObject({ deadLetters: 0, advice: [] });
  const report = await sandbox.verify({
    partitions: partitions.map(({ year, initial }) => ({ year, initial })),
  });
  expect(report).toMatchObject(NOTHING_WRONG);
}

function keyRefusals(sandbox: OpenSandbox): number {
  return sandbox.workerLog().filter(({ outcome }) => outcome === 'keyRefused').length;
}
