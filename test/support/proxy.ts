import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

/** An HTTP proxy on loopback. */
export interface TestProxy {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  /** `CONNECT host:port` or `GET http://host/path` of each request, in order. */
  readonly requests: readonly string[];
  /** The header `Proxy-Authorization` of each request. */
  readonly authorizations: readonly (string | undefined)[];
  stop(): Promise<void>;
}

/**
 * Starts a proxy that forwards requests to http URLs, and opens tunnels to https URLs.
 * @param ports the loopback port of each host name that the proxy knows: `tmdb.test`. It does not know any other host.
 * @param options.status answers every request with this status.
 * @param options.password requires `Proxy-Authorization: Basic` with this user name and password.
 */
export async function startProxy(
  ports: Readonly<Record<string, number>>,
  options: { readonly status?: number; readonly password?: string } = {},
): Promise<TestProxy> {
  const requests: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const expected = options.password && `Basic ${Buffer.from(options.password).toString('base64')}`;

  /** @returns the port to connect to, or the status of an error. */
  const decide = (message: IncomingMessage, hostname: string) => {
    requests.push(`${message.method} ${message.url}`);
    authorizations.push(message.headers['proxy-authorization']);
    if (options.status !== undefined) return { status: options.status };
    if (expected && message.headers['proxy-authorization'] !== expected) return { status: 407 };
    const port = ports[hostname];
    return port === undefined ? { status: 502 } : { port };
  };
  const server = createServer((incoming, outgoing) => forward(incoming, outgoing, decide));
  const tunnels = new Set<Socket>();
  server.on('connect', (incoming: IncomingMessage, client: Socket, head: Buffer) => {
    client.on('error', () => client.destroy());
    const { port, status } = decide(incoming, (incoming.url ?? '').replace(/:\d+$/, ''));
    if (port === undefined) return void client.end(`HTTP/1.1 ${status} Refused\r\n\r\n`);
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    upstream.on('error', () => client.destroy());
    for (const socket of [client, upstream]) tunnels.add(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    authorizations,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of tunnels) socket.destroy();
      }),
  };
}

function forward(
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  decide: (
    message: IncomingMessage,
    hostname: string,
  ) => { readonly port?: number; readonly status?: number },
): void {
  const url = new URL(incoming.url ?? '', 'http://unknown.invalid');
  const { port, status = 500 } = decide(incoming, url.hostname);
  if (port === undefined) return void outgoing.writeHead(status).end('<html>The proxy refuses.</html>');
  const { method, headers } = incoming;
  const { 'proxy-authorization': _, ...rest } = headers;
  const path = `${url.pathname}${url.search}`;
  const upstream = request({ port, host: '127.0.0.1', method, path, headers: rest }, (answer) => {
    outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(outgoing);
  });
  upstream.on('error', () => outgoing.destroy());
  incoming.pipe(upstream);
}
