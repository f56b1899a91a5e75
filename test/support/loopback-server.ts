import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';

/** A server on loopback for one test. */
export interface LoopbackServer {
  readonly url: string;
  /** `GET /path?query` of each request, in order. */
  readonly requests: readonly string[];
  stop(): Promise<void>;
}

/** Starts `listener` on a free port of 127.0.0.1. */
export async function startLoopbackServer(
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<LoopbackServer> {
  const requests: string[] = [];
  const record: RequestListener = (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    listener(request, response);
  };
  const server = createServer(record);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Sends a JSON response. */
export function answerJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
