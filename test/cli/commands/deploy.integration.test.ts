import { CreateQueueCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { AWS_TARGETS, type Aws } from '../../support/aws-targets.ts';
import { startLoopbackServer } from '../../support/loopback-server.ts';
import { type CliOptions, type CliRun, runCli } from '../../support/run-cli.ts';
import { tempFolders } from '../../support/temp-folder.ts';

const KEY = '0123456789abcdef0123456789abcdef';
/** No server listens here, so the key cannot be checked, which deploy reports. */
const NO_TMDB = 'http://127.0.0.1:9';
const FLAGS = [
  '--datalake-bucket-name',
  'films-lake',
  '--lambda-name',
  'films',
  '--queue-name',
  'films-queue',
];

function tmdbError(code: number): string {
  return JSON.stringify({ success: false, status_code: code, status_message: 'No.' });
}

describe.each(AWS_TARGETS)('tdd deploy and tdd destroy, on $name', ({ name, start }) => {
  const makeFolder = tempFolders();
  let aws: Aws;
  let sqs: SQSClient;
  beforeAll(async () => {
    aws = await start();
    sqs = new SQSClient(aws.clientConfig);
  });
  beforeEach(async () => {
    await aws.reset();
    for (const [name, value] of Object.entries(aws.env)) vi.stubEnv(name, value);
    vi.stubEnv('AWS_PROFILE', undefined);
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => aws.stop());

  const run = (argv: readonly string[], options: Partial<CliOptions> = {}): Promise<CliRun> =>
    runCli(argv, {
      cwd: makeFolder(),
      env: { ...aws.env, TMDB_API_KEY: KEY, TMDB_BASE_URL: NO_TMDB },
      columns: 200,
      ...options,
    });
  const queueExists = async () => {
    const answer = await sqs
      .send(new GetQueueUrlCommand({ QueueName: 'films-queue' }))
      .catch(() => undefined);
    return answer !== undefined;
  };

  test('deploys without a terminal with --yes, and changes nothing the second time', async () => {
    const first = await run(['deploy', ...FLAGS, '--yes']);
    expect(first.stderr).toMatch(
      /AWS account 000000000000, region us-east-1, credentials from environment variables/,
    );
    expect(first.stderr).toContain(`The workers send the TMDB API key to ${NO_TMDB} instead of TMDB.`);
    expect(first.stderr).toMatch(/dead-letter queue {2}films-queue-dlq\s+create/);
    expect(first.stderr).toMatch(
      /✔ function: create.*\n✔ function: turn off recursive loop detection.*\n✔ event source: create/,
    );
    expect(first.stdout).toMatch(
      /arn:aws:lambda:us-east-1:000000000000:function:films\n.*Next, .*:\n {2}tdd simulate/s,
    );
    expect(first.exitCode).toBe(0);

    const second = await run(['deploy', ...FLAGS, '--yes']);
    expect(second.stdout).toContain('films is up to date: nothing was changed.');
    expect(second.stderr).not.toContain('✔');
    expect(first.stdout + first.stderr + second.stdout + second.stderr).not.toContain(KEY);
  });

  test('rejects a bucket in another region with one sentence', async () => {
    vi.stubEnv('AWS_REGION', 'eu-west-1');
    await run(['deploy', ...FLAGS, '--yes']);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    const { exitCode, stderr } = await run(['deploy', ...FLAGS, '--yes']);
    expect(stderr).toMatch(
      /"films-lake" is in the region eu-west-1, but the deployment is in us-east-1: set AWS_REGION/,
    );
    expect(exitCode).toBe(2);
  });

  // The rest on the sandbox only: see SANDBOX_ONLY.
  if (name === 'moto') return;

  test('names the settings that only flags give, and saved ones not', async () => {
    const env = { ...aws.env, TMDB_API_KEY: KEY, TMDB_BASE_URL: NO_TMDB, TDD_QUEUE_NAME: 'films-queue' };
    const { stderr } = await run(['deploy', ...FLAGS, '--workers', '8', '--memory-size', '512', '--yes'], {
      env,
    });
    expect(stderr).toMatch(
      /To use the same settings .* set \[DATALAKE\] BUCKET_NAME, \[AWS\] LAMBDA_NAME, and \[AWS\] WORKERS in .*config\.ini\./,
    );
  });

  test('recommends to resume a paused fleet', async () => {
    await run(['deploy', ...FLAGS, '--yes']);
    await run(['pause', ...FLAGS]);
    const { stdout } = await run(['deploy', ...FLAGS, '--yes']);
    expect(stdout).toMatch(
      /The fleet is paused\. Next: tdd resume --datalake-bucket-name films-lake .* lets the workers continue\.\n$/,
    );
  });

  test('reports a missing region before it asks or checks the key', async () => {
    vi.stubEnv('AWS_REGION', undefined);
    for (const person of [async () => {}, undefined]) {
      const { stderr, exitCode } = await run(['deploy', ...FLAGS.slice(0, 4), ...(person ? [] : ['--yes'])], {
        ...(person && { person }),
      });
      expect(stderr).toMatch(/region/);
      expect(stderr).not.toMatch(/queue|key was not checked/i);
      expect(exitCode).toBe(2);
    }
  });

  test.each<[string, number, string, number, RegExp]>([
    [
      'continues when a proxy answers the check',
      401,
      '<html></html>',
      0,
      /was not checked\. .*401, not from TMDB/,
    ],
    ['stops at a key that TMDB rejects', 401, tmdbError(7), 2, /tdd: TMDB rejected the API key/],
    ['stops at a wrong base URL', 404, tmdbError(34), 2, /tdd: TMDB_BASE_URL .* must be the base URL/],
  ])('%s', async (_what, status, body, exitCode, sentence) => {
    const tmdb = await startLoopbackServer((_, response) => response.writeHead(status).end(body));
    const env = { ...aws.env, TMDB_API_KEY: KEY, TMDB_BASE_URL: tmdb.url };
    const dryRun = await run(['deploy', ...FLAGS, '--dry-run'], { env }).finally(() => tmdb.stop());
    expect(dryRun.stderr).toMatch(sentence);
    expect(dryRun.exitCode).toBe(exitCode);
  });

  test('is needed before tdd download, which reports a missing bucket before it asks', async () => {
    const env = { ...aws.env, TMDB_API_KEY: KEY, DATALAKE_BUCKET_NAME: 'films-lake' };
    const { stderr, exitCode } = await run(['download'], { env, person: async () => {} });
    expect(stderr).toMatch(/^tdd: The bucket "films-lake" does not exist.*tdd deploy/);
    expect(exitCode).toBe(2);
  });

  test('shows each property that an update changes, but not the API key', async () => {
    await run(['deploy', ...FLAGS, '--yes']);
    const other = 'fedcba9876543210fedcba9876543210';
    const env = { ...aws.env, TMDB_API_KEY: other, TMDB_BASE_URL: NO_TMDB };
    const { stdout } = await run(['deploy', ...FLAGS, '--memory-size', '1024', '--dry-run'], { env });
    expect(stdout).toMatch(/function\s+films\s+update\n {4}MemorySize: 512 → 1024\n/);
    expect(stdout).toMatch(/ {4}Environment\.TMDB_API_KEY: \(hidden\) → changed\n/);
    expect(stdout).toContain('Dry run: nothing was changed.');
    expect(stdout).not.toContain(KEY);
    expect(stdout).not.toContain(other);
  });

  test('changes nothing in a dry run, and prints the plan as JSON with --json', async () => {
    const { stdout, exitCode } = await run(['deploy', ...FLAGS, '--dry-run', '--json']);
    const plan = JSON.parse(stdout);
    expect(plan.identity).toMatchObject({ accountId: '000000000000', region: 'us-east-1' });
    expect(plan.resources.map(({ action }: { action: string }) => action)).toEqual(Array(7).fill('create'));
    expect(exitCode).toBe(0);
    expect(await queueExists()).toBe(false);
  });

  test.each(['deploy', 'destroy'])(
    '%s ends with exit code 2 without a terminal and --yes',
    async (command) => {
      const { exitCode, stderr } = await run([command, ...FLAGS]);
      expect(stderr).toMatch(/without a terminal.*--yes.*--dry-run/);
      expect(exitCode).toBe(2);
      expect(await queueExists()).toBe(false);
    },
  );

  test('asks for missing settings, shows the plan, and asks for consent', async () => {
    const person: NonNullable<CliOptions['person']> = async ({ sees, types }) => {
      await sees('AWS account 000000000000');
      await sees('(tmdb-downloader-lambda)');
      types('fil ms\r');
      await sees('The function name must be');
      types('\x7f\x7f\x7fms\r');
      await sees('(tmdb-downloader-queue)');
      types('films-queue\r');
      await sees('data lake:');
      types('films-lake\r');
      await sees('API key');
      types(`${KEY}\r`);
      await sees('event source');
      await sees('Deploy to account 000000000000, region us-east-1?');
      types('y\r');
    };
    const done = await run(['deploy'], { env: { ...aws.env, TMDB_BASE_URL: NO_TMDB }, person });
    expect(done.stderr).toContain(
      'set [DATALAKE] BUCKET_NAME, [TMDB] API_KEY, [AWS] LAMBDA_NAME, and [AWS] QUEUE_NAME in',
    );
    expect(done.exitCode).toBe(0);
    expect(done.stdout + done.stderr).not.toContain(KEY);
    expect(await queueExists()).toBe(true);
  });

  test('asks only for settings that no flag, environment or config.ini gives, in a dry run too', async () => {
    const env = { ...aws.env, TMDB_API_KEY: KEY, TDD_LAMBDA_NAME: 'films', TMDB_BASE_URL: NO_TMDB };
    const person: NonNullable<CliOptions['person']> = async ({ sees, types }) => {
      await sees('(tmdb-downloader-queue)');
      types('\r');
    };
    const flags = ['--datalake-bucket-name', 'films-lake', '--dry-run', '--json'];
    const { exitCode, stdout, stderr } = await run(['deploy', ...flags], { env, person });
    expect(exitCode).toBe(0);
    expect(stderr).not.toMatch(/function:|data lake:/);
    expect(JSON.parse(stdout).resources).toContainEqual(
      expect.objectContaining({ name: 'tmdb-downloader-queue' }),
    );
  });

  test('asks nothing with --yes', async () => {
    const env = { ...aws.env, TMDB_API_KEY: KEY };
    const { exitCode, stderr } = await run(['deploy', '--yes'], { env, person: async () => {} });
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/^tdd: .*--datalake-bucket-name.*\n$/s);
  });

  test.each([
    ['an Enter', '\r'],
    ['a no', 'n\r'],
    ['Ctrl-C', '\x03'],
  ])('changes nothing after %s at the question', async (_, keys) => {
    const person: NonNullable<CliOptions['person']> = async ({ sees, types }) => {
      await sees('Deploy to account');
      types(keys);
    };
    const { exitCode } = await run(['deploy', ...FLAGS], { person });
    expect(exitCode).toBe(130);
    expect(await queueExists()).toBe(false);
  });

  test('deletes the resources when the name is typed, and keeps the bucket', async () => {
    await run(['deploy', ...FLAGS, '--yes']);
    const wrong = await run(['destroy', ...FLAGS], {
      person: async ({ sees, types }) => {
        await sees('Type films to delete');
        types('film\r');
      },
    });
    expect(wrong.exitCode).toBe(130);
    expect(await queueExists()).toBe(true);
    const right = await run(['destroy', ...FLAGS], {
      person: async ({ sees, types }) => {
        await sees('Type films to delete');
        types('films\r');
      },
    });
    expect(right.exitCode).toBe(0);
    expect(right.stdout).toMatch(
      /Deleted 6 resources of films\.\n {2}Kept the bucket films-lake: .*Next: tdd deploy/s,
    );
    expect(await queueExists()).toBe(false);
    const again = await run(['destroy', ...FLAGS, '--yes']);
    expect(again.stdout).toContain('There is nothing to delete for films.');
    expect(again.stdout).not.toContain('Next:');
  });

  test('also asks for the name of the bucket before it deletes the bucket', async () => {
    await run(['deploy', ...FLAGS, '--yes']);
    const person =
      (bucket: string): NonNullable<CliOptions['person']> =>
      async ({ sees, types }) => {
        await sees('Type films to delete');
        types('films\r');
        await sees('Type films-lake to delete this bucket');
        types(`${bucket}\r`);
      };
    const wrong = await run(['destroy', ...FLAGS, '--delete-bucket'], { person: person('films') });
    expect(wrong.exitCode).toBe(130);
    expect(await queueExists()).toBe(true);
    const right = await run(['destroy', ...FLAGS, '--delete-bucket'], { person: person('films-lake') });
    expect(right.exitCode).toBe(0);
    expect(await queueExists()).toBe(false);
    const again = await run(['destroy', ...FLAGS, '--delete-bucket', '--yes', '--json']);
    const { resources } = JSON.parse(again.stdout);
    expect(resources.map(({ action }: { action: string }) => action)).toEqual(Array(7).fill('absent'));
  });

  test('never deletes a bucket whose name was not given, even with --yes', async () => {
    await run(['deploy', ...FLAGS, '--yes']);
    const unnamed = await run(['destroy', ...FLAGS, '--delete-bucket', '--yes']);
    expect(unnamed.stderr).toContain('use --delete-bucket films-lake to delete all its data.');
    expect(unnamed.exitCode).toBe(2);
    const misnamed = await run(['destroy', ...FLAGS, '--delete-bucket', 'film-lake', '--yes']);
    expect(misnamed.stderr).toContain('names "film-lake", but');
    expect(misnamed.exitCode).toBe(2);
    expect(await queueExists()).toBe(true);
    const named = await run(['destroy', ...FLAGS, '--delete-bucket', 'films-lake', '--yes', '--json']);
    expect(JSON.parse(named.stdout).resources).toContainEqual(
      expect.objectContaining({ kind: 'bucket', action: 'delete' }),
    );
  });

  test('names the deployment that a bucket belongs to, and never promises to delete it', async () => {
    await run(['deploy', ...FLAGS, '--yes']);
    const others = [
      '--datalake-bucket-name',
      'films-lake',
      '--lambda-name',
      'shows',
      '--queue-name',
      'shows-queue',
    ];
    const deployed = await run(['deploy', ...others, '--yes']);
    expect(deployed.stderr).toContain(
      'It belongs to the tdd deployment "films", so this deployment uses it without changing it.',
    );
    const planned = await run(['destroy', ...others, '--dry-run']);
    expect(planned.stdout).toContain(
      'It is kept with all its data. With --delete-bucket, destroy deletes it only if this deployment created it.',
    );
    const destroyed = await run(['destroy', ...others, '--delete-bucket', 'films-lake', '--yes']);
    expect(destroyed.stdout).toContain(
      'Kept the bucket films-lake. It belongs to the tdd deployment "films", so it is not deleted.',
    );
  });

  test('lists resources that it keeps because they do not have our tag', async () => {
    await sqs.send(new CreateQueueCommand({ QueueName: 'films-queue' }));
    const { stdout } = await run(['destroy', ...FLAGS, '--yes']);
    expect(stdout).toContain(
      'Kept the queue films-queue. It does not have the tag "tdd:stack", so it is not deleted.',
    );
    expect(await queueExists()).toBe(true);
  });
});
