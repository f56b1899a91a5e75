import { describe, expect, test } from 'vitest';
import { UsageError } from '../src/errors.ts';
import { proxyFor, proxyRefused, proxyUnreachable } from '../src/proxy.ts';

const HTTPS = { HTTPS_PROXY: 'http://proxy.test:3128' };
const find = (url: string, env: Record<string, string>) => proxyFor(new URL(url), env);

describe('the proxy for a URL', () => {
  test.each([
    ['https://x.test', HTTPS, 'proxy.test:3128', 'HTTPS_PROXY'],
    ['http://x.test', { HTTP_PROXY: 'http://proxy.test' }, 'proxy.test:80', 'HTTP_PROXY'],
    [
      'https://x.test',
      { https_proxy: 'http://a.test:1', HTTPS_PROXY: 'http://b.test:2' },
      'a.test:1',
      'https_proxy',
    ],
    ['https://localhost', HTTPS, 'proxy.test:3128', 'HTTPS_PROXY'],
    ['https://127.0.0.1:9000', HTTPS, 'proxy.test:3128', 'HTTPS_PROXY'],
    ['https://x.test', { ALL_PROXY: 'https://proxy.test' }, 'proxy.test:443', 'ALL_PROXY'],
    ['https://x.test', { ...HTTPS, all_proxy: 'http://other.test' }, 'proxy.test:3128', 'HTTPS_PROXY'],
    ['https://x.test', { HTTPS_PROXY: 'proxy.test:3128' }, 'proxy.test:3128', 'HTTPS_PROXY'],
    ['https://x.test', { HTTPS_PROXY: ' http://proxy.test:3128\r' }, 'proxy.test:3128', 'HTTPS_PROXY'],
    ['https://x.test', { HTTPS_PROXY: 'http://[::1]:3128' }, '[::1]:3128', 'HTTPS_PROXY'],
  ])('%s with %o is %s, from %s', (url, env, address, variable) => {
    expect(find(url, env)).toMatchObject({ address, variable });
  });

  test.each([
    ['https://x.test', {}],
    ['https://x.test', { HTTPS_PROXY: '' }],
    ['https://x.test', { HTTP_PROXY: 'http://proxy.test' }],
    ['https://x.test', { ALL_PROXY: 'socks5h://127.0.0.1:1080' }],
  ])('is not used for %s with %o', (url, env) => {
    expect(find(url, env)).toBeUndefined();
  });

  test.each([
    ['https://x.test', '*', true],
    ['https://api.x.test', 'x.test', true],
    ['https://api.x.test', '.x.test', true],
    ['https://api.x.test', '*.x.test', true],
    ['https://API.x.test', 'api.X.test', true],
    ['https://x.test', 'a.test, x.test b.test', true],
    ['https://myx.test', 'x.test', false],
    ['https://x.test:9000', 'x.test:9000', true],
    ['https://x.test', 'x.test:443', true],
    ['https://x.test', 'x.test:9000', false],
    ['https://localhost:9000', 'localhost', true],
    ['https://127.0.0.1:9000', '127.0.0.0/8', true],
    ['https://[::1]:9000', '::1', true],
    ['https://10.1.2.3', '10.1.2.3', true],
    ['https://10.1.2.3', '10.0.0.0/8', true],
    ['https://11.1.2.3', '10.0.0.0/8', false],
    ['https://10.1.2.3', '10.0.0.0/99', false],
    ['https://x.test', '10.0.0.0/8', false],
    ['https://[fd00::1]', 'fd00::1', true],
    ['https://[fd00::1]', 'fd00::/8', true],
    ['https://x.test', '', false],
  ])('is not used for %s with NO_PROXY=%s: %s', (url, noProxy, isDirect) => {
    expect(find(url, { ...HTTPS, NO_PROXY: noProxy }) === undefined).toBe(isDirect);
    expect(find(url, { ...HTTPS, no_proxy: noProxy }) === undefined).toBe(isDirect);
  });

  test('has its credentials in a header, decoded, and not in its URL', () => {
    const proxy = find('https://x.test', { HTTPS_PROXY: 'http://ada:p%40ss%@proxy.test:3128' });
    expect(proxy).toMatchObject({ url: 'http://proxy.test:3128', address: 'proxy.test:3128' });
    expect(Buffer.from(proxy?.authorization?.slice(6) ?? '', 'base64').toString()).toBe('ada:p%40ss%');
    const encoded = find('https://x.test', { HTTPS_PROXY: 'http://ada:p%40ss@proxy.test:3128' });
    expect(Buffer.from(encoded?.authorization?.slice(6) ?? '', 'base64').toString()).toBe('ada:p@ss');
  });

  test.each([
    ['socks5://proxy.test:1080', ' (got "socks5://proxy.test:1080")'],
    ['http://', ' (got "http://")'],
    ['http://proxy.test:port', ' (got "http://proxy.test:port")'],
    ['ftp://ada:secret@proxy.test', ''],
  ])('cannot be %s', (value, got) => {
    expect(() => find('https://x.test', { HTTPS_PROXY: value })).toThrow(
      new UsageError(
        `HTTPS_PROXY must be the URL of an HTTP proxy, such as http://proxy.example.com:3128${got}.`,
      ),
    );
  });
});

test('failures name the proxy, its variable, and what to do', () => {
  const proxy = find('https://x.test', HTTPS);
  const known = find('https://x.test', { HTTPS_PROXY: 'http://ada:secret@proxy.test:3128' });
  if (proxy === undefined || known === undefined) throw new Error('There must be a proxy.');
  const errors = [
    proxyUnreachable(proxy, 'connect ECONNREFUSED'),
    proxyRefused(proxy, 407, 'x.test:443'),
    proxyRefused(known, 407, 'x.test:443'),
    proxyRefused(proxy, 403, 'x.test:443'),
    proxyRefused(proxy, 502, 'x.test:443'),
  ];
  expect(errors.map(({ message }) => message)).toEqual([
    'The proxy proxy.test:3128 in HTTPS_PROXY cannot be reached (connect ECONNREFUSED). Check the proxy and HTTPS_PROXY, or list the hosts that need no proxy in NO_PROXY.',
    'The proxy proxy.test:3128 in HTTPS_PROXY requires a user name and a password (407). Add them to HTTPS_PROXY, as in http://USER:PASSWORD@proxy.test:3128.',
    'The proxy proxy.test:3128 in HTTPS_PROXY rejected its user name or password (407). Correct them in HTTPS_PROXY; special characters must be percent-encoded.',
    'The proxy proxy.test:3128 in HTTPS_PROXY did not connect to x.test:443 (HTTP 403). Ask its administrator to allow this host, or list the host in NO_PROXY.',
    'The proxy proxy.test:3128 in HTTPS_PROXY did not connect to x.test:443 (HTTP 502). Ask its administrator to allow this host, or list the host in NO_PROXY.',
  ]);
  expect(errors.map(({ isTransient }) => isTransient)).toEqual([true, false, false, false, true]);
});
