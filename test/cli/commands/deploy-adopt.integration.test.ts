import { CreateRoleCommand, GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { CreateFunctionCommand, GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { zipOf } from '../../sandbox/aws/support.ts';
import { type Aws, SANDBOX_ONLY } from '../../support/aws-targets.ts';
import { createFastClock } from '../../support/fast-clock.ts';
import { type CliOptions, type CliRun, runCli } from '../../support/run-cli.ts';
import { tempFolders } from '../../support/temp-folder.ts';

const SETTINGS = {
  DATALAKE_BUCKET_NAME: 'films-lake',
  TDD_LAMBDA_NAME: 'payroll',
  TDD_QUEUE_NAME: 'payroll-queue',
  TMDB_API_KEY: '0123456789abcdef0123456789abcdef',
  TMDB_BASE_URL: 'http://127.0.0.1:9',
};
const REFUSAL =
  'tdd: The role "payroll-role" and the function "payroll" exist and were not created by tdd, so nothing was changed: choose another name (--lambda-name), or overwrite them with --adopt.\n';

describe.each(SANDBOX_ONLY)('tdd deploy where a person has created a function', ({ start }) => {
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
  beforeEach(async () => {
    await aws.reset();
    await createPayroll();
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await aws.stop();
  });

  const run = (argv: readonly string[], options: Partial<CliOptions> = {}): Promise<CliRun> => {
    const env = { ...aws.env, ...SETTINGS };
    return runCli(argv, { cwd: makeFolder(), env, columns: 240, clock: createFastClock(60), ...options });
  };
  const readPayroll = async () =>
    (await lambda.send(new GetFunctionCommand({ FunctionName: 'payroll' }))).Configuration;

  /** A Python function as the console creates it, with a role. */
  async function createPayroll(): Promise<void> {
    const trust = {
      Effect: 'Allow',
      Principal: { Service: 'lambda.amazonaws.com' },
      Action: 'sts:AssumeRole',
    };
    const { Role } = await iam.send(
      new CreateRoleCommand({
        RoleName: 'payroll-role',
        Path: '/service-role/',
        AssumeRolePolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement: [trust] }),
      }),
    );
    await lambda.send(
      new CreateFunctionCommand({
        FunctionName: 'payroll',
        Runtime: 'python3.12',
        Handler: 'lambda_function.lambda_handler',
        Role: Role?.Arn,
        Code: { ZipFile: await zipOf({ 'lambda_function.py': 'def lambda_handler(event, context): pass' }) },
        Environment: { Variables: { DATALAKE_BUCKET_NAME: 'payroll', SALARY: '1' } },
      }),
    );
  }

  test('changes nothing with --yes, and names both ways out', async () => {
    const before = await readPayroll();
    const { stderr, exitCode } = await run(['deploy', '--yes']);
    expect(stderr).toContain(REFUSAL);
    expect(exitCode).toBe(2);
    expect(await readPayroll()).toEqual(before);
    const destroyed = await run(['destroy', '--yes']);
    expect(destroyed.stdout).toContain('There is nothing to delete for payroll.');
    expect(await readPayroll()).toEqual(before);
  });

  test('names a queue that it did not create, with its flag', async () => {
    const sqs = new SQSClient(aws.clientConfig);
    const Attributes = { VisibilityTimeout: '900' };
    await sqs.send(new CreateQueueCommand({ QueueName: 'films-queue', Attributes }));
    const names = ['--lambda-name', 'films', '--queue-name', 'films-queue'];
    const { stderr, exitCode } = await run(['deploy', '--yes', ...names]);
    expect(stderr).toContain(
      'tdd: The queue "films-queue" exists and was not created by tdd, so nothing was changed: choose another name (--queue-name), or overwrite it with --adopt.\n',
    );
    expect(exitCode).toBe(2);
  });

  test('shows in a dry run what --adopt overwrites', async () => {
    const { stdout, exitCode } = await run(['deploy', '--dry-run']);
    expect(stdout).toMatch(
      /function +payroll +adopt\n(?: {4}.*\n)+ {4}tdd did not create it\. Deploying it needs --adopt, replaces its code, configuration and environment variables, and lets "tdd destroy" delete it\.\n/,
    );
    expect(exitCode).toBe(0);
    const json = JSON.parse((await run(['deploy', '--dry-run', '--json'])).stdout);
    const overwritten = json.resources.filter(({ overwrites }: { overwrites?: string }) => overwrites);
    expect(overwritten.map(({ kind }: { kind: string }) => kind)).toEqual(['role', 'function']);
  });

  test('adopts it with --adopt, and then owns it', async () => {
    const { stdout, exitCode } = await run(['deploy', '--yes', '--adopt']);
    expect(stdout).toContain('payroll is deployed.');
    expect(exitCode).toBe(0);
    expect(await readPayroll()).toMatchObject({ Runtime: 'nodejs24.x', Handler: 'index.handler' });
    expect((await run(['deploy', '--yes'])).exitCode).toBe(0);
    expect((await run(['destroy', '--yes'])).exitCode).toBe(0);
    await expect(iam.send(new GetRoleCommand({ RoleName: 'payroll-role' }))).rejects.toThrow();
  });

  test.each([
    ['payroll', 0, 'nodejs24.x'],
    ['y', 130, 'python3.12'],
  ])('asks on a terminal for its name, even with --yes: "%s"', async (typed, exitCode, runtime) => {
    const person: NonNullable<CliOptions['person']> = async ({ sees, types }) => {
      await sees('Type payroll to overwrite the role "payroll-role" and the function "payroll"');
      types(`${typed}\r`);
    };
    const deployed = await run(['deploy', '--yes'], { person });
    expect(deployed.exitCode).toBe(exitCode);
    expect((await readPayroll())?.Runtime).toBe(runtime);
  });
});
