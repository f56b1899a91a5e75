import { writeFile } from 'node:fs/promises';
import { request as send } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SandboxAws } from '../../sandbox/aws/start-aws.ts';
import { startInstantAws } from '../support/instant-aws.ts';
import { type LoopbackServer, startLoopbackServer } from '../support/loopback-server.ts';
import { runCli } from '../support/run-cli.ts';
import { tempFolders } from '../support/temp-folder.ts';

const DEVICE = 'arn:aws:iam::000000000000:mfa/ada';
const KEY = 'aws_access_key_id = sandbox\naws_secret_access_key = sandbox\n';
const CONFIG = `[profile films]
role_arn = arn:aws:iam::000000000000:role/films
source_profile = base
mfa_serial = ${DEVICE}
[profile base]
${KEY}`;
const SETTINGS = {
  DATALAKE_BUCKET_NAME: 'films-lake',
  TDD_LAMBDA_NAME: 'films',
  TDD_QUEUE_NAME: 'films',
  TMDB_API_KEY: '0123456789abcdef0123456789abcdef',
};

describe('a profile that needs an MFA code', () => {
  const makeFolder = tempFolders();
  let aws: SandboxAws;
  let sts: LoopbackServer;
  /** The codes that STS has received. */
  let codes: string[];

  beforeAll(async () => {
    aws = await startInstantAws(join(makeFolder(), 'aws'));
    sts = await startLoopbackServer(async (incoming, outgoing) => {
      const body = await text(incoming);
      const call = new URLSearchParams(body);
      if (call.get('Action') !== 'AssumeRole') {
        const { method, headers, url } = incoming;
        const forwarded = send(new URL(url ?? '', aws.endpoint), { method, headers }, (answer) => {
          outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
          answer.pipe(outgoing);
        });
        return void forwarded.end(body);
      }
      codes.push(call.get('TokenCode') ?? '');
      if (call.get('TokenCode') === '123456' && call.get('SerialNumber') === DEVICE) {
        const expiration = new Date(Date.now() + 3_600_000).toISOString();
        const keys = `<AccessKeyId>sandbox</AccessKeyId><SecretAccessKey>sandbox</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${expiration}</Expiration>`;
        const result = `<AssumeRoleResult><Credentials>${keys}</Credentials></AssumeRoleResult>`;
        return void outgoing.end(`<AssumeRoleResponse>${result}</AssumeRoleResponse>`);
      }
      const message = 'MultiFactorAuthentication failed with invalid MFA one time pass code.';
      outgoing.writeHead(403);
      outgoing.end(
        `<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>${message}</Message></Error></ErrorResponse>`,
      );
    });
    const folder = makeFolder();
    await writeFile(join(folder, 'config'), CONFIG);
    for (const [name, value] of Object.entries(aws.environment)) vi.stubEnv(name, value);
    vi.stubEnv('AWS_ACCESS_KEY_ID', undefined);
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', undefined);
    vi.stubEnv('AWS_ENDPOINT_URL', sts.url);
    vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
    vi.stubEnv('AWS_PROFILE', 'films');
  });
  beforeEach(() => {
    codes = [];
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await Promise.all([sts.stop(), aws.stop()]);
  });

  const run = (argv: readonly string[], person?: Parameters<typeof runCli>[1]['person']) => {
    const cwd = makeFolder();
    const env = { ...SETTINGS, AWS_PROFILE: 'films', AWS_REGION: 'us-east-1', XDG_CACHE_HOME: cwd };
    return runCli(argv, { cwd, env, columns: 300, ...(person && { person }) });
  };

  test('asks for it once for all clients, and again after a typo', async () => {
    const { exitCode, stderr } = await run(['deploy', '--dry-run'], async ({ sees, types }) => {
      await sees(`Code of the MFA device ${DEVICE}:`);
      types('12345\r');
      await sees('The code must be the six digits that the device shows now.');
      types('123456\r');
    });
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
    expect(stderr).toContain('profile films');
    expect(codes).toEqual(['123456']);
  });

  test('reports a code that AWS rejects, without naming a permission', async () => {
    const { exitCode, stderr } = await run(['deploy', '--dry-run'], async ({ sees, types }) => {
      await sees('Code of the MFA device');
      types('654321\r');
    });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 1,
      stderr: expect.stringContaining(
        'tdd: AWS rejected the MFA code for the profile "films". Run the command again with a new code: each code works once.\n',
      ),
    });
  });

  test('ends with exit code 130 on Ctrl-C at the question', async () => {
    const { exitCode } = await run(['status'], async ({ sees, types }) => {
      await sees('Code of the MFA device');
      types('\x03');
    });
    expect({ exitCode, codes }).toEqual({ exitCode: 130, codes: [] });
  });

  test('fails with one sentence without a terminal', async () => {
    expect(await run(['status'])).toMatchObject({
      exitCode: 1,
      stderr: expect.stringMatching(
        /^tdd: The AWS profile "films" needs an MFA code, which tdd can ask for only on a terminal\. [^\n]*\n$/,
      ),
    });
  });
});
