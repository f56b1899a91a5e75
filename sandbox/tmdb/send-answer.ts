import type { ServerResponse } from 'node:http';
import type { Answer } from './errors.ts';

/** Sends an answer whole, with its length. */
export function sendAnswer(response: ServerResponse, { status, body, contentType, headers }: Answer): void {
  response.writeHead(status, {
    'content-type': contentType ?? 'application/json;charset=utf-8',
    'content-length': Buffer.byteLength(body),
    ...headers,
  });
  response.end(body);
}
