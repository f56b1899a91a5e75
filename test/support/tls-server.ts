import { readFileSync } from 'node:fs';
import { type AddressInfo, connect } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { fileURLToPath } from 'node:url';

/** The CA that signed the certificates in `tls/`. */
export const CA_FILE = fileURLToPath(new URL('./tls/ca.pem', import.meta.url));

/** The certificates in `tls/`. */
export type Certificate = 'valid' | 'expired' | 'not-yet-valid' | 'other-host';

/** A server with TLS on a free port of 127.0.0.1, in front of one without. */
export interface TlsServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts TLS in front of `port` of 127.0.0.1. */
export async function startTlsServer(port: number, certificate: Certificate = 'valid'): Promise<TlsServer> {
  const read = (name: string) => readFileSync(new URL(`./tls/${name}`, import.meta.url));
  const clients = new Set<TLSSocket>();
  const server = createServer({ key: read('server.key'), cert: read(`${certificate}.pem`) }, (client) => {
    const upstream = connect(port, '127.0.0.1');
    client.on('error', () => upstream.destroy());
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
    clients.add(client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        for (const client of clients) client.destroy();
      }),
  };
}
