import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createClients, observeIdentity } from '../../src/aws/clients.ts';
import { shareCredentials } from '../../src/aws/shared-credentials.ts';
import { UserError } from '../../src/errors.ts';
import { type LoopbackServer, startLoopbackServer } from '../support/loopback-server.ts';
import { startProxy } from '../support/proxy.ts';
import { tempFolders } from '../support/temp-folder.ts';

const makeFolder = tempFolders();
const STATIC = 'aws_access_key_id = testing\naws_secret_access_key = testing\n';
let server: LoopbackServer;

beforeEach(async () => {
  const folder = makeFolder();
  server = await startLoopbackServer((_, response) =>
    response.end(
      '<R><GetCallerIdentityResult><Account>123456789012</Account><Arn>arn:x</Arn></GetCallerIdentityResult></R>',
    ),
  );
  for (const name of ['AWS_PROFILE', 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN']) {
    vi.stubEnv(name, undefined);
  }
  vi.stubEnv('HOME', folder);
  vi.stubEnv('AWS_CONFIG_FILE', join(folder, 'config'));
  vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(folder, 'credentials'));
  vi.stubEnv('AWS_EC2_METADATA_DISABLED', 'true');
  vi.stubEnv('AWS_REGION', 'us-east-1');
  vi.stubEnv('AWS_ENDPOINT_URL', server.url);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await server.stop();
});

/** Writes the AWS config file, and sets AWS_PROFILE if a profile is given. */
async function configure(text: string, profile?: string): Promise<string | undefined> {
  await writeFile(process.env.AWS_CONFIG_FILE ?? '', text);
  if (profile !== undefined) vi.stubEnv('AWS_PROFILE', profile);
  return profile;
}

const noS3 = () => Promise.reject(new Error('S3 is not used.'));

function identify(profile: string | undefined) {
  return observeIdentity({ clients: createClients({ env: process.env, loadS3: noS3, profile }), profile });
}

describe('the identity', () => {
  it('names the profile "default" when the credentials come from it', async () => {
    const profile = await configure(`[default]\n${STATIC}`);
    expect(await identify(profile)).toMatchObject({ profile: 'default', credentialSource: 'profile' });
  });

  it('names the profile in AWS_PROFILE, which takes precedence over an access key in the environment', async () => {
    const warn = vi.spyOn(console, 'warn');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'testing');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'testing');
    const profile = await configure(`[profile films]\n${STATIC}`, 'films');
    expect(await identify(profile)).toMatchObject({ profile: 'films', credentialSource: 'profile' });
    expect(warn).not.toHaveBeenCalled();
  });

  it('has no profile when the credentials come from the environment', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'testing');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'testing');
    const profile = await configure(`[default]\n${STATIC}`);
    expect(await identify(profile)).toMatchObject({ profile: undefined, credentialSource: 'environment' });
  });
});

describe('through a proxy', () => {
  const START = 'https://films.test/start';

  async function signInToSso(): Promise<void> {
    const cache = join(process.env.HOME ?? '', '.aws/sso/cache');
    await mkdir(cache, { recursive: true });
    const token = { accessToken: 'token', expiresAt: '2999-01-01T00:00:00Z' };
    const name = createHash('sha1').update(START).digest('hex');
    await writeFile(join(cache, `${name}.json`), JSON.stringify(token));
  }

  it.each([
    [
      'a role',
      `[profile films]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = base\n[profile base]\n${STATIC}`,
      'POST http://aws.test/',
    ],
    [
      'SSO',
      `[profile films]\nsso_start_url = ${START}\nsso_region = us-east-1\nsso_account_id = 123456789012\nsso_role_name = R\n`,
      'GET http://aws.test/federation/credentials?account_id=123456789012&role_name=R',
    ],
  ])('the credentials of %s are loaded, as all other calls are', async (_, config, first) => {
    await server.stop();
    const key = { accessKeyId: 'a', secretAccessKey: 's', sessionToken: 't' };
    const expiration = Date.now() + 3_600_000;
    const xml = `<AccessKeyId>a</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken><Expiration>${new Date(expiration).toISOString()}</Expiration>`;
    server = await startLoopbackServer((request, response) => {
      if (request.method === 'GET') {
        response.setHeader('content-type', 'application/json');
        return void response.end(JSON.stringify({ roleCredentials: { ...key, expiration } }));
      }
      response.end(
        `<R><AssumeRoleResult><Credentials>${xml}</Credentials></AssumeRoleResult><GetCallerIdentityResult><Account>123456789012</Account><Arn>arn:x</Arn></GetCallerIdentityResult></R>`,
      );
    });
    const proxy = await startProxy({ 'aws.test': Number(new URL(server.url).port) });
    try {
      const profile = await configure(config, 'films');
      vi.stubEnv('AWS_ENDPOINT_URL', 'http://aws.test');
      await signInToSso();
      const env = { HTTP_PROXY: `http://${proxy.address}` };
      const credentials = shareCredentials({ env });
      const clients = createClients({ env, credentials, loadS3: noS3, profile });
      const answer = await clients.sts.send(new GetCallerIdentityCommand({}));
      expect(answer).toMatchObject({ Arn: expect.any(String) });
      expect(proxy.requests).toEqual([first, 'POST http://aws.test/']);
    } finally {
      await proxy.stop();
    }
  });
});

describe('missing credentials', () => {
  it.each([
    [
      'a profile that does not exist',
      '',
      'nosuch',
      'The AWS profile "nosuch" does not exist or has no credentials. Check AWS_PROFILE, or create it with "aws configure --profile nosuch".',
    ],
    [
      'a failing credential_process',
      '[profile films]\ncredential_process = exit 1\n',
      'films',
      'The credential_process of the AWS profile "films" failed: it printed no reason. Run its command to see why, or correct it in ~/.aws/config.',
    ],
    [
      'the first line of what a credential_process prints to stderr',
      '[profile films]\ncredential_process = sh -c "echo Sign in to the vault first >&2; echo more >&2; exit 3"\n',
      'films',
      'The credential_process of the AWS profile "films" failed: Sign in to the vault first. Run its command',
    ],
    [
      'a credential_process without JSON',
      '[profile films]\ncredential_process = echo no\n',
      'films',
      'The credential_process of the AWS profile "films" failed: it returned invalid JSON. Run its command',
    ],
    [
      'a profile that needs an MFA code',
      `[profile films]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = base\nmfa_serial = arn:aws:iam::123456789012:mfa/ada\n[profile base]\n${STATIC}`,
      'films',
      'The AWS profile "films" needs an MFA code, which tdd can ask for only on a terminal. Run the command there,',
    ],
    [
      'a missing source_profile',
      '[profile films]\nrole_arn = arn:aws:iam::123456789012:role/x\nsource_profile = base\n',
      'films',
      /The AWS profile "films" has no valid credentials: .*base/,
    ],
    [
      'an expired SSO session',
      '[profile films]\nsso_session = s\nsso_account_id = 123456789012\nsso_role_name = R\n[sso-session s]\nsso_start_url = https://x.test/start\nsso_region = us-east-1\n',
      'films',
      'The AWS profile "films" has no valid SSO session: it has expired, or you have not signed in. Sign in with "aws sso login --profile films".',
    ],
  ])('names %s', async (_, config, name, message) => {
    const profile = await configure(config, name);
    const identity = identify(profile);
    await expect(identity).rejects.toThrow(UserError);
    await expect(identity).rejects.toThrow(message);
  });

  it('lists the ways to sign in when nothing is configured', async () => {
    await expect(identify(await configure(''))).rejects.toThrow(
      'Sign in with "aws sso login", set an access key with "aws configure"',
    );
  });

  it('are explained for every client', async () => {
    const profile = await configure('', 'nosuch');
    const { sts } = createClients({ env: process.env, loadS3: noS3, profile });
    await expect(sts.send(new GetCallerIdentityCommand({}))).rejects.toThrow('The AWS profile "nosuch"');
  });
});
