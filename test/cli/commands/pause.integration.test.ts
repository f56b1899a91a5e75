import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam';
import {
  LambdaClient,
  ListEventSourceMappingsCommand,
  TagResourceCommand,
  UpdateEventSourceMappingCommand,
} from '@aws-sdk/client-lambda';
import { GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { roleAccessKeyId } from '../../../sandbox/aws/authorize.ts';
import { ACCOUNT_ID } from '../../../sandbox/aws/world.ts';
import { type Aws, SANDBOX_ONLY } from '../../support/aws-targets.ts';
import { createFastClock } from '../../support/fast-clock.ts';
import { type CliRun, runCli } from '../../support/run-cli.ts';
import { tempFolders } from '../../support/temp-folder.ts';

const FUNCTION_ARN = `arn:aws:lambda:us-east-1:${ACCOUNT_ID}:function:films`;
const SETTINGS = {
  DATALAKE_BUCKET_NAME: 'films-lake',
  TDD_LAMBDA_NAME: 'films',
  TDD_QUEUE_NAME: 'films-queue',
  TMDB_API_KEY: '0123456789abcdef0123456789abcdef',
  TMDB_BASE_URL: 'http://127.0.0.1:9',
};

describe.each(SANDBOX_ONLY)('tdd pause, resume and redrive', ({ start }) => {
  const makeFolder = tempFolders();
  let aws: Aws;
  let lambda: LambdaClient;
  beforeAll(async () => {
    aws = await start();
    lambda = new LambdaClient(aws.clientConfig);
    vi.stubEnv('AWS_PROFILE', undefined);
  });
  beforeEach(async () => {
    await aws.reset();
    for (const [variable, value] of Object.entries(aws.env)) vi.stubEnv(variable, value);
    expect((await run('deploy', '--yes')).exitCode).toBe(0);
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await aws.stop();
  });

  const run = (...argv: string[]): Promise<CliRun> => {
    const cwd = makeFolder();
    const env = { ...aws.env, ...SETTINGS, XDG_CACHE_HOME: cwd };
    return runCli(argv, { cwd, env, columns: 200, clock: createFastClock(60) });
  };
  const readMapping = async () =>
    (await lambda.send(new ListEventSourceMappingsCommand({ FunctionName: 'films' })))
      .EventSourceMappings?.[0];

  /** What a deploy leaves that was killed during its event-source pause. */
  async function killDeployDuringPause(): Promise<void> {
    const Tags = { 'tdd:event-source': 'enable-again' };
    await lambda.send(new TagResourceCommand({ Resource: FUNCTION_ARN, Tags }));
    const { UUID } = (await readMapping()) ?? {};
    await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  }

  /** Signs the calls of the program with the key of a role, whose permissions the sandbox enforces. */
  async function actWith(...statements: readonly object[]): Promise<void> {
    const iam = new IAMClient(aws.clientConfig);
    const policy = (Statement: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement });
    const AssumeRolePolicyDocument = policy([{ Effect: 'Allow', Principal: {}, Action: 'sts:AssumeRole' }]);
    await iam.send(new CreateRoleCommand({ RoleName: 'person', AssumeRolePolicyDocument }));
    await iam.send(
      new PutRolePolicyCommand({
        RoleName: 'person',
        PolicyName: 'person',
        PolicyDocument: policy([{ Effect: 'Allow', Action: '*', Resource: '*' }, ...statements]),
      }),
    );
    vi.stubEnv('AWS_ACCESS_KEY_ID', roleAccessKeyId(`arn:aws:iam::${ACCOUNT_ID}:role/person`));
  }

  test.each([
    ['resumed and paused', ['resume', 'pause']],
    ['paused', ['pause']],
  ])('keep a fleet paused that is %s after a deploy was killed', async (_, commands) => {
    await killDeployDuringPause();
    for (const command of commands) expect((await run(command)).exitCode).toBe(0);
    const deployed = await run('deploy', '--yes');
    expect(deployed.exitCode).toBe(0);
    expect(deployed.stdout).toContain('The fleet is paused.');
    expect((await readMapping())?.State).toBe('Disabled');
  });

  test('the next deploy resumes a fleet that nobody has paused since a deploy was killed', async () => {
    await killDeployDuringPause();
    expect((await run('deploy', '--yes')).exitCode).toBe(0);
    expect((await readMapping())?.State).toBe('Enabled');
  });

  describe('without a permission', () => {
    const deny = (Action: string, more: object = {}) => ({ Effect: 'Deny', Action, Resource: '*', ...more });

    test.each([
      ['to list the lake', deny('s3:ListBucket'), 's3:ListBucket'],
      [
        'to list a part of the lake',
        deny('s3:ListBucket', { Condition: { StringLike: { 's3:prefix': 'tmdb/*' } } }),
        's3:ListBucket',
      ],
      ['to read the queue', deny('sqs:GetQueueAttributes'), 'sqs:GetQueueAttributes'],
      ['to read tags', deny('lambda:ListTags'), 'lambda:ListTags'],
    ])('%s, pause pauses, and warns about the rest', async (_, statement, action) => {
      await actWith(statement);
      const { exitCode, stdout, stderr } = await run('pause');
      expect(stdout).toContain('The fleet is paused.');
      expect(stderr).toMatch(new RegExp(`^warning: .*${action}`, 'm'));
      expect(exitCode).toBe(0);
      expect((await readMapping())?.State).toBe('Disabled');
    });

    test('to remove a tag, pause pauses, and warns that the next deploy enables the event source', async () => {
      await killDeployDuringPause();
      await actWith(deny('lambda:UntagResource'));
      const { exitCode, stdout, stderr } = await run('pause');
      expect(stdout).toContain('The fleet was already paused.');
      expect(stderr).toMatch(/^warning: .*tdd:event-source.*lambda:UntagResource/m);
      expect(exitCode).toBe(0);
    });

    test('to delete dead letters, redrive reports how many it returned before the error', async () => {
      await run('pause');
      const sqs = new SQSClient(aws.clientConfig);
      const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'films-queue-dlq' }));
      const MessageBody = JSON.stringify({ year: 2004, initial: 'AD' });
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody }));
      await actWith(deny('sqs:StartMessageMoveTask'), deny('sqs:DeleteMessage'));
      const { exitCode, stderr } = await run('redrive', '--yes');
      expect(stderr).toMatch(/^tdd: Returned 1 message to the queue, then stopped\. .*sqs:DeleteMessage/m);
      expect(exitCode).toBe(1);
    });

    test('to read the queue or the lake, resume resumes', async () => {
      await run('pause');
      await actWith(deny('s3:*'), deny('sqs:*'));
      const { exitCode, stdout, stderr } = await run('resume');
      expect(stdout).toContain('The fleet is running again.');
      expect(stderr).toMatch(/^warning: .*sqs:GetQueue/m);
      expect(exitCode).toBe(0);
      expect((await readMapping())?.State).toBe('Enabled');
    });
  });
});
