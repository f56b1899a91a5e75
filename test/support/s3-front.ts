import {
  createServer,
  type IncomingHttpHeaders,
  type ServerResponse,
  request as sendRequest,
} from 'node:http';
import { buffer } from 'node:stream/consumers';
import { listenOnLoopback } from '../../sandbox/loopback-server.ts';

/** A request to S3, before it is passed on. */
export interface FrontRequest {
  readonly method: string;
  /** The path and the query: `/bucket/key?partNumber=1`. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/**
 * What happens to a request instead of being passed on. `cut`: its response breaks off in the middle. `reset`: the
 * connection is closed without a response. `lost`: it is passed on, and the connection closed instead of the response.
 */
export type FrontFault =
  | 'cut'
  | 'reset'
  | 'lost'
  | {
      readonly status: number;
      readonly code?: string;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    };

/** S3's response to too many requests. */
export const SLOW_DOWN: FrontFault = {
  status: 503,
  code: 'SlowDown',
  message: 'Please reduce your request rate.',
};

/** A server on loopback in front of an S3, which can fail as S3 does. */
export interface S3Front {
  readonly url: string;
  /** `GET /bucket/key?query` of each request, in order. */
  readonly requests: string[];
  /** Decides which requests fail; `undefined` passes a request on. */
  fault: (request: FrontRequest) => FrontFault | undefined;
  stop(): Promise<void>;
}

/** @param target the endpoint of the S3 behind it. */
export async function startS3Front(target: string): Promise<S3Front> {
  const requests: string[] = [];
  const server = createServer(async (incoming, response) => {
    try {
      const { method = 'GET', url = '/', headers } = incoming;
      requests.push(`${method} ${url}`);
      const body = await buffer(incoming);
      const fault = front.fault({ method, url, headers });
      if (fault === 'reset') response.destroy();
      else if (typeof fault === 'object') fail(response, method, fault);
      else await passOn(new URL(url, target), { method, headers, body }, response, fault);
    } catch {
      response.destroy();
    }
  });
  const { url, stop } = await listenOnLoopback(server);
  const front: S3Front = { url, requests, fault: () => undefined, stop };
  return front;
}

function fail(response: ServerResponse, method: string, fault: Exclude<FrontFault, string>): void {
  const { status, code, message = 'No.', headers, body } = fault;
  const text =
    body ?? `<?xml version="1.0"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`;
  response.writeHead(status, { 'content-type': 'application/xml', ...headers });
  response.end(method === 'HEAD' || (code === undefined && body === undefined) ? '' : text);
}

async function passOn(
  url: URL,
  { method, headers, body }: { method: string; headers: IncomingHttpHeaders; body: Buffer },
  response: ServerResponse,
  fault: 'cut' | 'lost' | undefined,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const outgoing = sendRequest(url, { method, headers }, async (answer) => {
      try {
        const content = await buffer(answer);
        if (fault === 'lost') response.destroy();
        else {
          response.writeHead(answer.statusCode ?? 500, answer.headers);
          if (fault === 'cut')
            response.write(content.subarray(0, content.length / 2), () => response.destroy());
          else response.end(content);
        }
        resolve();
      } catch (error) {
        reject(error);
      }
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

/** Answers as a bucket with Object Lock and a default retention: a write without a checksum is rejected. */
export function objectLock({ method, headers }: FrontRequest): FrontFault | undefined {
  const names = Object.keys(headers);
  const hasChecksum = names.some((name) =>
    /^(content-md5|x-amz-trailer|x-amz-checksum-(crc|sha).*)$/.test(name),
  );
  if (method !== 'PUT' || hasChecksum) return undefined;
  return {
    status: 400,
    code: 'InvalidRequest',
    message:
      'Content-MD5 OR x-amz-checksum- HTTP header is required for Put Object requests with Object Lock parameters',
  };
}
