import { BlockList, isIP } from 'node:net';
import { ConnectionError } from './connection-error.ts';
import { UsageError } from './errors.ts';
import { quote } from './text.ts';

/** Environment variables, as `process.env`. */
type Environment = Readonly<Record<string, string | undefined>>;

/** A proxy that the environment names. */
export interface ProxyServer {
  /** Its URL without credentials. */
  readonly url: string;
  /** `HOST:PORT`, for messages. */
  readonly address: string;
  /** The variable that names it, such as `HTTPS_PROXY`. */
  readonly variable: string;
  /** The header `Proxy-Authorization`, if the URL has credentials. */
  readonly authorization: string | undefined;
}

/**
 * Returns the proxy for a URL, by the rules of curl: `HTTPS_PROXY` or `HTTP_PROXY`, by the scheme of the URL, otherwise
 * `ALL_PROXY`; lower case takes precedence. The hosts in `NO_PROXY` need none. A SOCKS proxy in `ALL_PROXY` is ignored.
 * @returns `undefined` for a direct connection.
 * @throws {UsageError} naming the variable, when it is not the URL of an HTTP proxy.
 */
export function proxyFor(url: URL, env: Environment): ProxyServer | undefined {
  const scheme = url.protocol.slice(0, -1);
  const variable = [`${scheme}_proxy`, `${scheme.toUpperCase()}_PROXY`, 'all_proxy', 'ALL_PROXY'].find(
    (name) => env[name]?.trim(),
  );
  if (variable === undefined || isExcluded(url, env)) return undefined;
  const text = env[variable]?.trim() ?? '';
  if (/^all_/i.test(variable) && /^socks/i.test(text)) return undefined;
  return parseProxy(variable, text);
}

function parseProxy(variable: string, text: string): ProxyServer {
  const full = /^[a-z][a-z\d+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(full) ? new URL(full) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.hostname === '') {
    // A URL with "@" may contain a password.
    const got = text.includes('@') ? '' : ` (got ${quote(text)})`;
    throw new UsageError(
      `${variable} must be the URL of an HTTP proxy, such as http://proxy.example.com:3128${got}.`,
    );
  }
  const { username, password, hostname, protocol } = url;
  const port = url.port || (protocol === 'https:' ? '443' : '80');
  const credentials = `${decode(username)}:${decode(password)}`;
  return {
    url: `${protocol}//${hostname}:${port}`,
    address: `${hostname}:${port}`,
    variable,
    authorization:
      credentials === ':' ? undefined : `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`,
  };
}

/** A password with a `%` that is not an escape is kept as it is. */
function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Whether `NO_PROXY` lists a host: `*`, a domain with its subdomains (`corp.example`, `.corp.example` or
 * `*.corp.example`), an IP address or a range (`10.0.0.0/8`), each with or without a port.
 */
function isExcluded(url: URL, env: Environment): boolean {
  const host = url.hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const entries = (env.no_proxy || env.NO_PROXY || '').toLowerCase().split(/[\s,]+/);
  return entries.some((entry) => {
    const [, name = '', entryPort] =
      /^\[?(.*?)\]?(?::(\d+))?$/.exec(isIP(entry) ? `[${entry}]` : entry) ?? [];
    if (name === '' || (entryPort !== undefined && entryPort !== port)) return false;
    if (name.includes('/')) return isInRange(host, name);
    const domain = name.replace(/^\*?\./, '');
    return name === '*' || host === domain || (isIP(host) === 0 && host.endsWith(`.${domain}`));
  });
}

function isInRange(host: string, range: string): boolean {
  const [network = '', bits = ''] = range.split('/');
  const family = isIP(host);
  if (family === 0 || isIP(network) !== family || !/^\d{1,3}$/.test(bits)) return false;
  if (Number(bits) > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(bits), family === 4 ? 'ipv4' : 'ipv6');
  return list.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** The proxy did not answer, or its connection broke. */
export function proxyUnreachable(
  { address, variable }: ProxyServer,
  reason: string,
  cause?: unknown,
): ConnectionError {
  return new ConnectionError(
    `the proxy ${address} in ${variable} cannot be reached (${reason})`,
    `check the proxy and ${variable}, or list the hosts that need no proxy in NO_PROXY`,
    { isTransient: true, cause },
  );
}

/**
 * The proxy answered with an error in place of the server.
 * @param host the server, `HOST:PORT`.
 */
export function proxyRefused(proxy: ProxyServer, status: number, host: string): ConnectionError {
  const { address, variable, authorization } = proxy;
  const name = `the proxy ${address} in ${variable}`;
  if (status === 407) {
    return authorization === undefined
      ? new ConnectionError(
          `${name} requires a user name and a password (407)`,
          `add them to ${variable}, as in http://USER:PASSWORD@${address}`,
        )
      : new ConnectionError(
          `${name} rejected its user name or password (407)`,
          `correct them in ${variable}; special characters must be percent-encoded`,
        );
  }
  return new ConnectionError(
    `${name} did not connect to ${host} (HTTP ${status})`,
    'ask its administrator to allow this host, or list the host in NO_PROXY',
    { isTransient: status >= 500 },
  );
}
