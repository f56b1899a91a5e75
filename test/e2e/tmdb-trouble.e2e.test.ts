import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SANDBOX_READ_TOKEN } from '../../sandbox/tmdb/keys.ts';
import { NOTHING_WRONG } from '../../sandbox/verify-lake.ts';
import type { LaunchResult } from '../../src/cli/format-launch.ts';
import { type OpenSandbox, openSandbox, QUEUE, until } from './open-sandbox.ts';

const WORKERS = 2;
/** A worker's connections, and so how many titles it looks up when the trouble begins. */
const CONNECTIONS = 20;
/** Longer than the interval between two requests of a worker that has not detected the outage. */
const QUIET_MS = 9_000;

/** Two fleets that mostly wait. They run at the same time, each in its own sandbox. */
describe.concurrent('a running fleet', () => {
  const sandboxes: OpenSandbox[] = [];
  beforeAll(async () => {
    sandboxes.push(...(await Promise.all([openSandbox({ titles: 400 }), openSandbox({ titles: 120 })])));
    for (const { env, tddJson } of sandboxes) {
      // Slow enough for the trouble to start while the fleet runs.
      env.TMDB_REQUESTS_PER_SECOND = '20';
      await tddJson('deploy', '--yes', '--workers', String(WORKERS));
    }
  });
  afterAll(async () => {
    await Promise.all(sandboxes.map(({ stop }) => stop()));
  });

  test('completes by itself after an outage of TMDB', async ({ expect }) => {
    const [sandbox] = sandboxes as [OpenSandbox, OpenSandbox];
    const { tmdb } = sandbox;
    // The partitions with the most movies: a small one would first make all eight attempts for each movie.
    const launched = await launchHalf(sandbox, '--initial', 'TH');
    tmdb.setDown('503 code 9');
    tmdb.clearStats();

    // Every worker has detected the outage and waits.
    await until(() => Date.now() - (tmdb.stats().requests.at(-1)?.atMs ?? Date.now()) > QUIET_MS);
    expect(tmdb.stats().requests.length).toBeLessThanOrEqual(WORKERS * 2 * CONNECTIONS);
    const during = await sandbox.status();
    expect(during).toMatchObject({ phase: 'running', deadLetters: 0 });
    expect(during.queue?.inFlight).toBeGreaterThanOrEqual(WORKERS);
    expect(during.fleet?.movies.failed).toBe(0);

    tmdb.setDown(undefined);
    await waitUntilComplete(sandbox, launched);
  });

  test('waits for a valid API key after the key was revoked', async ({ expect }) => {
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
          problem: 'TMDB rejected the API key, so a worker has disabled the event source',
          command: 'tdd development && tdd deploy && tdd resume',
        },
      ],
    });
    expect(paused.fleet?.movies.failed).toBe(0);

    // The workers have returned their messages to the queue, and receive no others.
    const { waiting } = await until(async () => {
      const depth = await sandbox.depthOf(QUEUE);
      return depth.inFlight > 0 && depth.inFlight === keyRefusals(sandbox) && depth;
    });
    expect(waiting).toBeGreaterThan(0);
    const lookUps = tmdb.stats().requests.filter(({ path }) => path !== '/3/authentication');
    expect(lookUps.length).toBeLessThanOrEqual(WORKERS * CONNECTIONS);

    tmdb.setKeyRevoked(false);
    env.TMDB_API_KEY = SANDBOX_READ_TOKEN;
    env.TMDB_REQUESTS_PER_SECOND = '1000';
    const deployed = await tdd('deploy', '--yes', '--workers', String(WORKERS));
    expect(deployed.exitCode).toBe(0);
    expect(deployed.stderr).toMatch(/TMDB_API_KEY: \(hidden\) → changed/);
    expect(deployed.stdout + deployed.stderr).not.toContain(SANDBOX_READ_TOKEN);
    expect(await sandbox.status()).toMatchObject({ phase: 'paused' });
    await tddJson('resume');
    // The returned messages are hidden for a little more than two minutes.
    sandbox.aws.passTime(180_000);
    await waitUntilComplete(sandbox, launched);
  });
});

/** Sends partitions and waits until the workers are busy with them. */
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
