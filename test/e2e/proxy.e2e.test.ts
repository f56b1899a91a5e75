import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startProxy, type TestProxy } from '../support/proxy.ts';
import { CA_FILE, startTlsServer, type TlsServer } from '../support/tls-server.ts';
import { type OpenSandbox, openSandbox } from './open-sandbox.ts';

const DOWNLOAD = ['download', '--year', '2021', '--initial', 'TH', '--limit', '2', '--to'];
const portOf = (url: string | undefined) => Number(new URL(url ?? '').port);

let sandbox: OpenSandbox;
let tlsServers: readonly TlsServer[];
let standard: Record<string, string>;
let ports: { readonly http: Record<string, number>; readonly https: Record<string, number> };
let proxy: TestProxy | undefined;

beforeAll(async () => {
  sandbox = await openSandbox();
  standard = { ...sandbox.env };
  const http = {
    'tmdb.test': portOf(standard.TMDB_BASE_URL),
    'imdb.test': portOf(standard.IMDB_DATASETS_URL),
    'aws.test': portOf(standard.AWS_ENDPOINT_URL),
  };
  tlsServers = await Promise.all(Object.values(http).map((port) => startTlsServer(port)));
  const [tmdb = 0, imdb = 0, aws = 0] = tlsServers.map(({ port }) => port);
  ports = {
    http: { ...http, 'tmdb.test': tmdb },
    https: { 'tmdb.test': tmdb, 'imdb.test': imdb, 'aws.test': aws },
  };
});
beforeEach(() => {
  for (const name of Object.keys(sandbox.env)) delete sandbox.env[name];
  Object.assign(sandbox.env, standard);
});
afterEach(async () => {
  await proxy?.stop();
  proxy = undefined;
});
afterAll(async () => {
  await Promise.all(tlsServers.map(({ stop }) => stop()));
  await sandbox.stop();
});

/** Names all services by hosts that only the proxy knows. */
function useHosts(scheme: 'http' | 'https', env: Record<string, string> = {}): void {
  Object.assign(sandbox.env, {
    TMDB_BASE_URL: 'https://tmdb.test',
    IMDB_DATASETS_URL: `${scheme}://imdb.test`,
    AWS_ENDPOINT_URL: `${scheme}://aws.test`,
    AWS_MAX_ATTEMPTS: '1',
    NODE_EXTRA_CA_CERTS: CA_FILE,
    ...env,
  });
}

const proxies = (address: string) => ({ HTTP_PROXY: `http://${address}`, HTTPS_PROXY: `http://${address}` });

describe('through a proxy', () => {
  test.each(['https', 'http'] as const)(
    '%s URLs: every command reaches TMDB, IMDb and AWS',
    async (scheme) => {
      proxy = await startProxy(ports[scheme], { password: 'ada:p@ss/word' });
      useHosts(scheme, {
        DATALAKE_BUCKET_NAME: `lake-${scheme}`,
        TDD_LAMBDA_NAME: `films-${scheme}`,
        TDD_QUEUE_NAME: `films-${scheme}`,
        ...proxies(`ada:p%40ss%2Fword@${proxy.address}`),
      });
      const shown: string[] = [];
      const commands = [
        [...DOWNLOAD, `lake-${scheme}`],
        ['deploy', '--yes'],
        ['launch', '--dry-run'],
        ['status'],
        [...DOWNLOAD, `s3://lake-${scheme}`],
      ];
      for (const command of commands) {
        const { exitCode, stdout, stderr } = await sandbox.tdd(...command, '--verbose');
        expect({ command, exitCode, stderr }).toMatchObject({ exitCode: 0 });
        shown.push(stdout, stderr);
      }
      const hosts = (name: string) => proxy?.requests.filter((line) => line.includes(name)).length ?? 0;
      expect(hosts('tmdb.test')).toBeGreaterThan(0);
      expect(hosts('imdb.test')).toBeGreaterThan(0);
      expect(hosts('aws.test')).toBeGreaterThan(3);
      const pattern =
        scheme === 'https'
          ? /^CONNECT \w+\.test:443$/
          : /^(CONNECT tmdb\.test:443$|(GET|POST|PUT|HEAD) http:\/\/(imdb|aws)\.test\/)/;
      expect(proxy.requests.filter((line) => !pattern.test(line))).toEqual([]);
      expect(shown.join('')).not.toMatch(/p@ss|p%40ss|YWRhOnB/);
    },
  );

  test('but not to hosts in NO_PROXY', async () => {
    proxy = await startProxy({}, { status: 500 });
    Object.assign(sandbox.env, {
      HTTP_PROXY: `http://${proxy.address}`,
      HTTPS_PROXY: `http://${proxy.address}`,
    });
    expect(await sandbox.tdd(...DOWNLOAD, 'lake-loopback')).toMatchObject({ exitCode: 0 });
    sandbox.env.no_proxy = 'nowhere.invalid';
    sandbox.env.TMDB_BASE_URL = 'https://tmdb.nowhere.invalid';
    const { exitCode, stderr } = await sandbox.tdd('development', '--yes');
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('Cannot reach TMDB at https://tmdb.nowhere.invalid'),
    });
    expect(proxy.requests).toEqual([]);
  });

  test('to this machine, too', async () => {
    proxy = await startProxy({}, { status: 403 });
    Object.assign(sandbox.env, { no_proxy: '', ...proxies(proxy.address) });
    const { exitCode, stderr } = await sandbox.tdd(...DOWNLOAD, 'lake-through-proxy');
    expect({ exitCode, stderr }).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('403') });
    expect(proxy.requests).not.toEqual([]);
  });
});

describe('a proxy that fails is named, and neither TMDB nor AWS is blamed', () => {
  // TMDB's URL is always https.
  const COMMANDS = { http: [['status']], https: [[...DOWNLOAD, 'lake-failed'], ['status']] };

  test.each(['http', 'https'] as const)('when it cannot be reached (%s)', async (scheme) => {
    const gone = await startProxy({});
    await gone.stop();
    const variable = `${scheme.toUpperCase()}_PROXY`;
    useHosts(scheme, proxies(`ada:secret@${gone.address}`));
    for (const command of COMMANDS[scheme]) {
      const { exitCode, stderr } = await sandbox.tdd(...command);
      expect({ command, exitCode, stderr: stderr.split('\n').at(-2) }).toEqual({
        command,
        exitCode: 1,
        stderr: `tdd: The proxy ${gone.address} in ${variable} cannot be reached (connect ECONNREFUSED ${gone.address}). Check the proxy and ${variable}, or list the hosts that need no proxy in NO_PROXY.`,
      });
    }
  });

  test.each(['http', 'https'] as const)('when it rejects the password (%s)', async (scheme) => {
    proxy = await startProxy(ports[scheme], { password: 'ada:right' });
    const variable = `${scheme.toUpperCase()}_PROXY`;
    useHosts(scheme, proxies(`ada:wrong@${proxy.address}`));
    for (const command of COMMANDS[scheme]) {
      const { exitCode, stderr } = await sandbox.tdd(...command);
      expect({ command, exitCode, stderr: stderr.split('\n').at(-2) }).toEqual({
        command,
        exitCode: 1,
        stderr: `tdd: The proxy ${proxy.address} in ${variable} rejected its user name or password (407). Correct them in ${variable}; special characters must be percent-encoded.`,
      });
    }
  });

  test('when its URL is invalid: exit code 2, before anything is sent', async () => {
    useHosts('https', { HTTPS_PROXY: 'socks5://127.0.0.1:1080' });
    for (const command of COMMANDS.https) {
      const { exitCode, stderr } = await sandbox.tdd(...command);
      expect({ command, exitCode, stderr: stderr.split('\n').at(-2) }).toEqual({
        command,
        exitCode: 2,
        stderr:
          'tdd: HTTPS_PROXY must be the URL of an HTTP proxy, such as http://proxy.example.com:3128 (got "socks5://127.0.0.1:1080").',
      });
    }
  });
});
