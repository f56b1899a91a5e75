import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { CA_FILE, type Certificate, startTlsServer, type TlsServer } from '../support/tls-server.ts';
import { type OpenSandbox, openSandbox } from './open-sandbox.ts';

const DOWNLOAD = ['download', '--year', '2021', '--initial', 'TH', '--limit', '1', '--to'];
const COMMANDS = {
  TMDB_BASE_URL: [...DOWNLOAD, 'lake-tmdb'],
  IMDB_DATASETS_URL: [...DOWNLOAD, 'lake-imdb'],
  AWS_ENDPOINT_URL: ['status'],
};
type Variable = keyof typeof COMMANDS;

let sandbox: OpenSandbox;
let standard: Record<string, string>;
const servers: TlsServer[] = [];

beforeAll(async () => {
  sandbox = await openSandbox();
  standard = { ...sandbox.env };
  await sandbox.tddJson('deploy', '--yes');
});
beforeEach(() => {
  for (const name of Object.keys(sandbox.env)) delete sandbox.env[name];
  Object.assign(sandbox.env, standard);
});
afterAll(async () => {
  await Promise.all(servers.map(({ stop }) => stop()));
  await sandbox.stop();
});

/** Puts TLS in front of a service. @returns its new host. */
async function addTls(variable: Variable, certificate: Certificate = 'valid'): Promise<string> {
  const server = await startTlsServer(Number(new URL(standard[variable] ?? '').port), certificate);
  servers.push(server);
  sandbox.env[variable] = `https://127.0.0.1:${server.port}`;
  return `127.0.0.1:${server.port}`;
}

const TRUST =
  'If a proxy inspects TLS, or the server has a private CA, set NODE_EXTRA_CA_CERTS to the PEM file of that CA.';
const CLOCK =
  "Check this machine's clock; if it is right, the server or the proxy that replaces its certificate";

test.each<[Variable, Certificate, string, string]>([
  ['TMDB_BASE_URL', 'valid', 'is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)', TRUST],
  ['IMDB_DATASETS_URL', 'valid', 'is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)', TRUST],
  ['AWS_ENDPOINT_URL', 'valid', 'is not trusted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)', TRUST],
  ['TMDB_BASE_URL', 'expired', 'has expired (CERT_HAS_EXPIRED)', CLOCK],
  ['AWS_ENDPOINT_URL', 'not-yet-valid', 'is not valid yet (CERT_NOT_YET_VALID)', CLOCK],
  ['IMDB_DATASETS_URL', 'other-host', 'is for another host (ERR_TLS_CERT_ALTNAME_INVALID)', 'Check the URL,'],
])(
  'the certificate of %s is %s: reported at once, in one line',
  async (variable, certificate, problem, advice) => {
    const host = await addTls(variable, certificate);
    if (certificate !== 'valid') sandbox.env.NODE_EXTRA_CA_CERTS = CA_FILE;
    const { exitCode, stderr } = await sandbox.tdd(...COMMANDS[variable]);
    expect({ exitCode, stderr: stderr.split('\n').slice(-2) }).toEqual({
      exitCode: 1,
      stderr: [expect.stringContaining(`tdd: The TLS certificate of ${host} ${problem}. ${advice}`), ''],
    });
    expect(stderr).not.toContain('retrying');
  },
);

test('NODE_EXTRA_CA_CERTS is trusted for TMDB, IMDb and AWS', async () => {
  for (const variable of Object.keys(COMMANDS) as Variable[]) await addTls(variable);
  sandbox.env.NODE_EXTRA_CA_CERTS = CA_FILE;
  for (const command of [[...DOWNLOAD, 'lake-trusted'], ['status']]) {
    const { exitCode, stderr } = await sandbox.tdd(...command);
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  }
});

test('AWS_CA_BUNDLE, or ca_bundle of the profile, is trusted for AWS', async () => {
  await addTls('AWS_ENDPOINT_URL');
  const config = join(sandbox.folder, 'aws-config');
  await writeFile(config, `[profile films]\nca_bundle = ${CA_FILE}\n`);
  const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = standard;
  const credentials = join(sandbox.folder, 'aws-credentials');
  await writeFile(credentials, `[films]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`);
  const profile = { AWS_PROFILE: 'films', AWS_CONFIG_FILE: config, AWS_SHARED_CREDENTIALS_FILE: credentials };
  for (const env of [{ AWS_CA_BUNDLE: CA_FILE }, profile]) {
    Object.assign(sandbox.env, env);
    const { exitCode, stderr } = await sandbox.tdd('status', '--quiet');
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    delete sandbox.env.AWS_CA_BUNDLE;
  }
});

test('AWS_CA_BUNDLE must be a file with certificates', async () => {
  sandbox.env.AWS_CA_BUNDLE = '/nonexistent/ca.pem';
  expect(await sandbox.tdd('status')).toMatchObject({
    exitCode: 2,
    stderr:
      'tdd: AWS_CA_BUNDLE: the file "/nonexistent/ca.pem" cannot be read (ENOENT). Correct the path, or remove it.\n',
  });
});
