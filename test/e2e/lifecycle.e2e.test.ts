import { GetFunctionCommand, ListEventSourceMappingsCommand } from '@aws-sdk/client-lambda';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SANDBOX_BUCKET } from '../../sandbox/start-sandbox.ts';
import { SANDBOX_API_KEY } from '../../sandbox/tmdb/keys.ts';
import { NOTHING_WRONG } from '../../sandbox/verify-lake.ts';
import type { DeployResult } from '../../src/cli/commands/deploy.ts';
import type { LaunchResult } from '../../src/cli/format-launch.ts';
import type { StatusResult } from '../../src/cli/format-status.ts';
import { motoAvailable } from '../support/moto.ts';
import { type OpenSandbox, openSandbox, QUEUE, until } from './open-sandbox.ts';

/** Filters that include every movie that has a year. */
const ALL_YEARS = ['--min-year', '1900'];

describe('the full lifecycle, from settings to a lake that outlives its workers:', () => {
  let sandbox: OpenSandbox;
  beforeAll(async () => {
    sandbox = await openSandbox({ titles: 120, years: [2020, 2021], mirrorToMoto: motoAvailable });
    // These two settings come from config.ini.
    delete sandbox.env.DATALAKE_BUCKET_NAME;
    delete sandbox.env.TMDB_API_KEY;
  });
  afterAll(() => sandbox.stop());

  test('development writes the settings, and deploy creates all resources from them', async () => {
    const flags = ['--datalake-bucket-name', SANDBOX_BUCKET, '--tmdb-api-key', SANDBOX_API_KEY];
    const { exitCode, stdout, stderr } = await sandbox.tdd('development', ...flags);
    expect(exitCode).toBe(0);
    expect(stdout + stderr).not.toContain(SANDBOX_API_KEY);

    const { resources } = await sandbox.tddJson<DeployResult>('deploy', '--yes');
    expect(resources.map(({ action }) => action)).toEqual(Array(7).fill('create'));
  });

  test('a second deploy changes nothing', async () => {
    const before = await describeWorkers(sandbox);
    const { resources } = await sandbox.tddJson<DeployResult>('deploy', '--yes');
    expect(resources.map(({ action }) => action)).toEqual(Array(7).fill('unchanged'));
    expect(await describeWorkers(sandbox)).toEqual(before);
  });

  test('status reports no fleet before a launch', async () => {
    const status = await sandbox.status();
    expect(status).toMatchObject({ phase: 'none', deadLetters: 0, advice: [] });
    expect(status.queue).toMatchObject({ waiting: 0, inFlight: 0, delayed: 0 });
    expect(status.fleet).toBeUndefined();
  });

  test('a fleet downloads every movie that has a year, and status is consistent at all times', async () => {
    const movies = [...sandbox.catalogue.expectedTitles().values()].length;
    const launched = await sandbox.tddJson<LaunchResult>('launch', ...ALL_YEARS, '--yes');
    const partitions = launched.partitions.length;
    expect(launched).toMatchObject({ movies, moviesToAsk: movies });
    expect(launched.report).toMatchObject({ total: partitions, sent: partitions, rejected: 0 });

    const looks: StatusResult[] = [];
    await until(async () => {
      const status = await sandbox.status();
      looks.push(status);
      return status.phase === 'complete';
    });
    let settledBefore = 0;
    for (const { phase, fleet, deadLetters } of looks) {
      expect(['running', 'complete']).toContain(phase);
      expect(deadLetters).toBe(0);
      const { total, complete, partial, failedTitles, notBegun, unsent } = fleet?.partitions ?? {};
      expect({ total, unsent, failedTitles }).toEqual({ total: partitions, unsent: 0, failedTitles: 0 });
      expect((complete ?? 0) + (partial ?? 0) + (notBegun ?? 0)).toBe(partitions);
      const { settled = 0, left = 0, failed } = fleet?.movies ?? {};
      expect({ all: settled + left, failed }).toEqual({ all: movies, failed: 0 });
      expect(settled).toBeGreaterThanOrEqual(settledBefore);
      settledBefore = settled;
    }
    const { advice, fleet } = looks.at(-1) ?? {};
    expect(advice).toEqual([]);
    expect(fleet?.movies).toMatchObject({ total: movies, settled: movies });
    await until(async () => (await sandbox.depthOf(QUEUE)).inFlight === 0);
    expect(await sandbox.verify()).toMatchObject(NOTHING_WRONG);
  });

  test('destroy keeps the bucket, and deploy creates everything else again', async () => {
    const { movies } = await sandbox.verify();
    expect((await sandbox.tdd('destroy', '--yes')).exitCode).toBe(0);
    const gone = await sandbox.tdd('destroy', '--dry-run', '--json');
    expect(gone.exitCode).toBe(0);
    const { advice } = await sandbox.status();
    expect(advice.map(({ command }) => command)).toContain('tdd deploy');
    expect(await sandbox.verify()).toMatchObject({ ...NOTHING_WRONG, movies });

    const { resources } = await sandbox.tddJson<DeployResult>('deploy', '--yes');
    expect(resources.filter(({ action }) => action !== 'create')).toMatchObject([
      { kind: 'bucket', action: 'unchanged' },
    ]);
    const launched = await sandbox.tddJson<LaunchResult>('launch', ...ALL_YEARS, '--only-missing', '--yes');
    expect(launched.partitions).toEqual([]);
  });

  test('the new workers download a simulated partition again', async () => {
    const { partition } = [...sandbox.catalogue.expectedTitles().values()][0] ?? {};
    const flags = ['--year', String(partition?.year), '--initial', String(partition?.initial)];
    const { exitCode, stdout } = await sandbox.tdd('simulate', ...flags, '--wait');
    expect(stdout).toMatch(/ is complete\./);
    expect(exitCode).toBe(0);
  });

  test.skipIf(!motoAvailable)('moto accepted each of these calls (skipped without moto)', () => {
    const calls = sandbox.sharedWithMoto.map((name) =>
      name.replace(/\/\S*\/(functions|event-source-mappings|tags).*/, '$1'),
    );
    expect([...new Set(calls)].sort()).toEqual([
      'iam CreateRole',
      'iam DeleteRole',
      'iam DeleteRolePolicy',
      'iam GetRole',
      'iam GetRolePolicy',
      'iam ListAttachedRolePolicies',
      'iam ListRolePolicies',
      'iam PutRolePolicy',
      'lambda DELETE event-source-mappings',
      'lambda DELETE functions',
      'lambda GET event-source-mappings',
      'lambda GET functions',
      'lambda GET tags',
      'lambda POST event-source-mappings',
      'lambda POST functions',
      'lambda PUT functions',
      'sqs CreateQueue',
    ]);
  });
});

/** Returns the state that any change to the workers would affect. */
async function describeWorkers({ lambda }: OpenSandbox) {
  const { Configuration } = await lambda.send(
    new GetFunctionCommand({ FunctionName: 'tmdb-downloader-lambda' }),
  );
  const { EventSourceMappings = [] } = await lambda.send(new ListEventSourceMappingsCommand({}));
  return {
    revision: Configuration?.RevisionId,
    modified: Configuration?.LastModified,
    eventSources: EventSourceMappings.map(({ UUID, LastModified }) => [UUID, LastModified]),
  };
}
