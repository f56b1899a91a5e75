import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { isWindows } from '../support/platform.ts';
import { TDD } from '../support/program.ts';
import { makeTempFolder } from '../support/temp-folder.ts';

const KEY = { AWS_ACCESS_KEY_ID: 'testing', AWS_SECRET_ACCESS_KEY: 'testing' };
const DIRECT = { AWS_ENDPOINT_URL: 'http://127.0.0.1:1' };
const ROLE = 'role_arn = arn:aws:iam::123456789012:role/x\nsource_profile = base\n';
const BASE = '[profile base]\naws_access_key_id = testing\naws_secret_access_key = testing\n';
const SSO = 'sso_session = s\nsso_account_id = 123456789012\nsso_role_name = R\n';

/** Runs `tdd status` with an environment and a profile "films". @returns the exit code and stderr. */
async function status(env: Record<string, string>, config = ''): Promise<string> {
  const cwd = await makeTempFolder();
  await writeFile(join(cwd, 'config'), config);
  const child = spawn(process.execPath, [TDD, 'status'], {
    cwd,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: cwd,
      AWS_CONFIG_FILE: join(cwd, 'config'),
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_REGION: 'us-east-1',
      AWS_MAX_ATTEMPTS: '1',
      DATALAKE_BUCKET_NAME: 'films-lake',
      ...env,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const [stderr, code] = await Promise.all([
    text(child.stderr),
    new Promise((resolve) => child.on('close', resolve)),
  ]);
  return `${code} ${stderr}`;
}

test.each<[string, Record<string, string>, string, RegExp]>([
  [
    'a carriage return in a variable',
    { ...KEY, AWS_REGION: 'us-east-1\r' },
    '',
    /^2 tdd: AWS_REGION ends with a carriage return \(\\r\): /,
  ],
  [
    'a carriage return in the endpoint',
    { ...KEY, AWS_ENDPOINT_URL: 'http://127.0.0.1:1\r' },
    '',
    /^2 tdd: AWS_ENDPOINT_URL ends with a carriage return/,
  ],
  [
    'a refused connection to several addresses',
    { ...KEY, AWS_ENDPOINT_URL: 'http://localhost:1' },
    '',
    /^1 tdd: Cannot access s3:\/\/films-lake: S3 cannot be reached \(connect ECONNREFUSED .*:1\)\. /,
  ],
  [
    'a profile that does not exist',
    { ...DIRECT, AWS_PROFILE: 'nosuch' },
    '',
    /^1 tdd: The AWS profile "nosuch" does not exist or has no credentials\. /,
  ],
  [
    'an expired SSO session',
    { ...DIRECT, AWS_PROFILE: 'films' },
    `[profile films]\n${SSO}[sso-session s]\nsso_start_url = https://x.test/start\nsso_region = us-east-1\n`,
    /^1 tdd: The AWS profile "films" has no valid SSO session: .*"aws sso login --profile films"\.$/m,
  ],
  [
    'a profile with MFA',
    { ...DIRECT, AWS_PROFILE: 'films' },
    `[profile films]\n${ROLE}mfa_serial = arn:aws:iam::123456789012:mfa/ada\n${BASE}`,
    /^1 tdd: The AWS profile "films" needs an MFA code, which tdd can ask for only on a terminal\. /,
  ],
])('%s is reported in one line, with what to correct', async (_, env, config, expected) => {
  const shown = await status(env, config);
  expect(shown).toMatch(expected);
  expect(shown.trim().split('\n')).toHaveLength(1);
});

test.skipIf(isWindows)(
  'a failing credential_process is reported with its first line (needs sh)',
  async () => {
    const config =
      '[profile films]\ncredential_process = sh -c "echo The vault is locked >&2; echo more >&2; exit 3"\n';
    expect(await status({ ...DIRECT, AWS_PROFILE: 'films' }, config)).toBe(
      '1 tdd: The credential_process of the AWS profile "films" failed: The vault is locked. Run its command to see why, or correct it in ~/.aws/config.\n',
    );
  },
);

test('a web page in place of AWS is reported as such', async () => {
  const page = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html><p>Sign in!');
  });
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(page.address() as AddressInfo).port}`;
  const shown = await status({ ...KEY, AWS_ENDPOINT_URL: url });
  page.close();
  page.closeAllConnections();
  expect(shown).toMatch(/^1 tdd: .*\n$/);
  expect(shown).not.toMatch(/bug|Deserialization/);
});
