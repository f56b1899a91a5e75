import {
  CreatePolicyCommand,
  CreateRoleCommand,
  GetRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { PutBucketEncryptionCommand, type ServerSideEncryption } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { ACCOUNT_ID } from '../../../sandbox/aws/world.ts';
import { AWS_TARGETS, type Aws } from '../../support/aws-targets.ts';
import { createFastClock } from '../../support/fast-clock.ts';
import { type CliRun, runCli } from '../../support/run-cli.ts';
import { tempFolders } from '../../support/temp-folder.ts';

const SETTINGS = {
  DATALAKE_BUCKET_NAME: 'films-lake',
  TDD_LAMBDA_NAME: 'films',
  TDD_QUEUE_NAME: 'films-queue',
  TMDB_API_KEY: '0123456789abcdef0123456789abcdef',
  TMDB_BASE_URL: 'http://127.0.0.1:9',
};
const KEY = `arn:aws:kms:us-east-1:${ACCOUNT_ID}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const EXTERNAL = `arn:aws:iam::${ACCOUNT_ID}:role/company/lambda/worker`;

describe.each(AWS_TARGETS)("tdd deploy and the worker's role, on $name", ({ name, start }) => {
  const makeFolder = tempFolders();
  let aws: Aws;
  let iam: IAMClient;
  let lambda: LambdaClient;
  beforeAll(async () => {
    aws = await start();
    iam = new IAMClient(aws.clientConfig);
    lambda = new LambdaClient(aws.clientConfig);
    for (const [variable, value] of Object.entries(aws.env)) vi.stubEnv(variable, value);
    vi.stubEnv('AWS_PROFILE', undefined);
  });
  beforeEach(() => aws.reset());
  afterAll(async () => {
    vi.unstubAllEnvs();
    await aws.stop();
  });

  const run = (...argv: string[]): Promise<CliRun> => {
    const env = { ...aws.env, ...SETTINGS };
    return runCli(argv, { cwd: makeFolder(), env, columns: 400, clock: createFastClock(60) });
  };
  const planOf = async (...flags: string[]) => {
    const { stdout } = await run('deploy', '--dry-run', '--json', ...flags);
    const { resources } = JSON.parse(stdout);
    return (kind: string) => resources.find((resource: { kind: string }) => resource.kind === kind);
  };
  const readRole = async (RoleName = 'films-role') => (await iam.send(new GetRoleCommand({ RoleName }))).Role;

  async function createBoundary(PolicyName: string): Promise<string> {
    const Statement = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    if (aws.name === 'moto') await iam.send(new CreatePolicyCommand({ PolicyName, PolicyDocument }));
    return `arn:aws:iam::${ACCOUNT_ID}:policy/${PolicyName}`;
  }

  async function createExternalRole(Service = 'lambda.amazonaws.com'): Promise<void> {
    const Statement = [{ Effect: 'Allow', Principal: { Service }, Action: 'sts:AssumeRole' }];
    await iam.send(
      new CreateRoleCommand({
        RoleName: 'worker',
        Path: '/company/lambda/',
        AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
      }),
    );
    const policy = { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] };
    const PolicyDocument = JSON.stringify(policy);
    await iam.send(new PutRolePolicyCommand({ RoleName: 'worker', PolicyName: 'worker', PolicyDocument }));
  }

  test('sets the permissions boundary when it creates the role, corrects drift, and never removes it', async () => {
    const [first, second] = [await createBoundary('first'), await createBoundary('second')];
    const boundary = async () => (await readRole())?.PermissionsBoundary?.PermissionsBoundaryArn;
    expect((await run('deploy', '--yes', '--role-boundary', first)).exitCode).toBe(0);
    expect(await boundary()).toBe(first);
    const changes = [{ property: 'PermissionsBoundary', old: first, new: second }];
    expect((await planOf('--role-boundary', second))('role')).toMatchObject({ action: 'update', changes });
    expect((await run('deploy', '--yes', '--role-boundary', second)).exitCode).toBe(0);
    expect(await boundary()).toBe(second);
    const unset = (await planOf())('role');
    expect(unset).toMatchObject({ action: 'unchanged' });
    expect(unset.notes.join()).toContain(
      `It has the permissions boundary ${second}, which tdd does not remove`,
    );
    expect((await run('destroy', '--yes')).exitCode).toBe(0);
  });

  test('uses a role that is managed elsewhere, and never changes or deletes it', async () => {
    await createExternalRole();
    const before = await readRole('worker');
    const flags = ['--role-arn', EXTERNAL];
    const { exitCode, stderr } = await run('deploy', '--yes', ...flags);
    expect(exitCode).toBe(0);
    expect(stderr).toContain('It is managed elsewhere, so tdd uses it without changing it.');
    const { Configuration } = await lambda.send(new GetFunctionCommand({ FunctionName: 'films' }));
    expect(Configuration?.Role).toBe(EXTERNAL);
    expect((await run('deploy', '--yes', ...flags)).exitCode).toBe(0);
    expect((await run('destroy', '--yes', ...flags)).exitCode).toBe(0);
    expect(await readRole('worker')).toEqual(before);
    await expect(readRole()).rejects.toThrow();
  });

  // The rest on the sandbox only: see SANDBOX_ONLY.
  if (name === 'moto') return;

  test('does not delete a role that it created and that is managed elsewhere now', async () => {
    await run('deploy', '--yes');
    const { stdout } = await run('destroy', '--yes', '--role-arn', (await readRole())?.Arn ?? '');
    expect(stdout).toContain('Kept the role films-role. It is managed elsewhere (ROLE_ARN)');
    expect(await readRole()).toBeDefined();
  });

  test.each([
    ['of another account', EXTERNAL.replace(ACCOUNT_ID, '123456789012'), 2, 'is in another AWS account'],
    ['that does not exist', `${EXTERNAL}-2`, 2, 'does not exist: check its path and its name.'],
    ['with another path', EXTERNAL.replace('lambda/', ''), 2, `the role of this name is "${EXTERNAL}"`],
    ['that Lambda may not assume', EXTERNAL, 1, 'must allow lambda.amazonaws.com the action sts:AssumeRole'],
    ['that is no ARN', 'worker', 2, '--role-arn must be the ARN of a role, such as'],
  ])('rejects a role %s before it changes anything', async (_, arn, exitCode, message) => {
    await createExternalRole('ec2.amazonaws.com');
    const run1 = await run('deploy', '--yes', '--role-arn', arn);
    expect(run1.stderr).toContain(message);
    expect(run1.exitCode).toBe(exitCode);
    await expect(lambda.send(new GetFunctionCommand({ FunctionName: 'films' }))).rejects.toThrow();
  });

  test('rejects a boundary for a role that is managed elsewhere', async () => {
    const boundary = `arn:aws:iam::${ACCOUNT_ID}:policy/boundary`;
    const { stderr, exitCode } = await run(
      'deploy',
      '--yes',
      '--role-arn',
      EXTERNAL,
      '--role-boundary',
      boundary,
    );
    expect(stderr).toContain('--role-boundary (ROLE_BOUNDARY) cannot be used with --role-arn (ROLE_ARN)');
    expect(exitCode).toBe(2);
  });

  const encrypt = (SSEAlgorithm: ServerSideEncryption, KMSMasterKeyID?: string) =>
    aws.s3.send(
      new PutBucketEncryptionCommand({
        Bucket: 'films-lake',
        ServerSideEncryptionConfiguration: {
          Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm, KMSMasterKeyID } }],
        },
      }),
    );

  test.each([
    ['a key', 'aws:kms', KEY],
    ['a key ID', 'aws:kms', KEY.split('/').at(-1)],
    ['a key, with two layers', 'aws:kms:dsse', KEY],
  ] as const)(
    'allows the role to use the key of a bucket that is encrypted with %s',
    async (_, algorithm, key) => {
      await aws.createBucket('films-lake');
      await encrypt(algorithm, key);
      const plan = await planOf();
      expect(plan('bucket').notes.join()).toContain(
        `It is encrypted with the KMS key ${key}: the role films-role gets kms:GenerateDataKey and kms:Decrypt on it. The key's policy must allow this too`,
      );
      expect((await run('deploy', '--yes')).exitCode).toBe(0);
      expect((await planOf())('role')).toMatchObject({ action: 'unchanged' });
      await encrypt('AES256');
      const [change, ...more] = (await planOf())('role').changes;
      expect(more).toEqual([]);
      expect(change).toMatchObject({ property: 'Policy tdd LakeKey', old: expect.stringContaining(KEY) });
    },
  );

  test.each([
    ['an AWS managed key', 'aws:kms', undefined, 0],
    ['an AWS managed key by its alias', 'aws:kms', 'alias/aws/s3', 0],
    ['a key by its alias', 'aws:kms', 'alias/films', 1],
    ['S3', 'AES256', undefined, 0],
  ] as const)(
    'adds nothing to the role for a bucket that is encrypted by %s',
    async (_, algorithm, key, notes) => {
      await aws.createBucket('films-lake');
      const before = (await planOf())('role').changes;
      await encrypt(algorithm, key);
      const plan = await planOf();
      expect(plan('role').changes).toEqual(before);
      expect(
        plan('bucket').notes.filter((note: string) => note.includes('kms:GenerateDataKey')),
      ).toHaveLength(notes);
    },
  );
});
