import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { S3Client } from '@aws-sdk/client-s3';
import type { CredentialProvider } from '../../../src/aws/client-config.ts';
import { createS3Client } from '../../../src/aws/s3-client.ts';
import type { Clock } from '../../../src/clock.ts';
import type { Wait } from '../../../src/wait.ts';
import { createFakeClock } from '../../support/fake-clock.ts';

/** The response of the stub: an S3 error with this status and code, or a function that handles the response. */
export type StubAnswer =
  | {
      readonly status: number;
      readonly code?: string;
      readonly headers?: Record<string, string>;
      readonly body?: string;
    }
  | ((response: ServerResponse) => void);

/** An S3 server on loopback with scripted responses, for errors that emulators do not produce. */
export interface StubS3 {
  readonly s3: S3Client;
  /** `GET /bucket/key?query` of each request so far. */
  readonly requests: string[];
  /** The client's clock, which runs only while the client waits. */
  readonly clock: Clock;
  /** The waits that the client has reported. */
  readonly waits: readonly Wait[];
  stop(): Promise<void>;
}

const KEY = { accessKeyId: 'testing', secretAccessKey: 'testing' };

/**
 * Starts a stub that calls `answer` for each request, after reading its body.
 * @param credentials those of the client.
 */
export async function startStubS3(
  answer: (request: IncomingMessage) => StubAnswer,
  credentials: CredentialProvider = async () => KEY,
): Promise<StubS3> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    request.resume().once('end', () => {
      const answered = answer(request);
      if (typeof answered === 'function') {
        answered(response);
        return;
      }
      const { status, code, headers, body } = answered;
      response.writeHead(status, { 'content-type': 'application/xml', ...headers });
      const error = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>No.</Message></Error>`;
      response.end(request.method === 'HEAD' ? '' : (body ?? (code === undefined ? '' : error)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The stub has no port.');
  const clock = createFakeClock();
  const waits: Wait[] = [];
  const onWait = (wait: Wait) => void waits.push(wait);
  const s3 = createS3Client(
    { env: { AWS_ENDPOINT_URL: `http://127.0.0.1:${address.port}` }, clock, random: Math.random, onWait },
    { region: 'us-east-1', credentials },
  );
  return {
    s3,
    requests,
    clock,
    waits,
    stop: () => {
      s3.destroy();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
