import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { toXml, XML_TYPE } from './xml.ts';

/** The services in the sandbox. */
type AwsService = 's3' | 'sqs' | 'iam' | 'sts' | 'lambda' | 'logs';

/** A request of an SDK client. */
export interface AwsCall {
  readonly service: AwsService;
  readonly method: string;
  readonly url: URL;
  /** The path as sent: percent-encoded, and with the dot segments that `url.pathname` resolves. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The region in the signature. */
  readonly region: string;
  /** The access key ID in the signature; empty for an unsigned request. */
  readonly accessKeyId: string;
  /** The complete body. */
  readonly body: Buffer;
  /** Whether the client has disconnected, as far as this process has read its connection. */
  isAborted(): boolean;
}

/** A response. */
export interface AwsAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Readable;
}

/** An error in the wording of the real service. The SDK uses `code` as the error's name. */
export class AwsError extends Error {
  override readonly name = 'AwsError';
  readonly code: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = headers;
  }
}

/** Reads a complete request. One endpoint serves all services: the signature's scope names the service. */
export async function readCall(request: IncomingMessage, defaultRegion: string): Promise<AwsCall> {
  const url = new URL(`http://${request.headers.host ?? '127.0.0.1'}${request.url ?? '/'}`);
  const scope = readScope(request.headers.authorization);
  const body = await buffer(request);
  return {
    service: serviceOf(scope?.service),
    method: request.method ?? 'GET',
    url,
    path: request.url?.split('?')[0] ?? '/',
    headers: request.headers,
    region: scope?.region ?? defaultRegion,
    accessKeyId: scope?.accessKeyId ?? '',
    body,
    isAborted: () => request.socket.destroyed || request.socket.readableEnded,
  };
}

/**
 * The credential scope, `key/20261122/us-east-1/lambda/aws4_request`, from the header.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
function readScope(authorization: string | undefined) {
  const credential = /Credential=([^,\s]+)/.exec(authorization ?? '')?.[1] ?? '';
  const [accessKeyId, , region, service] = credential.split('/');
  return accessKeyId && region && service ? { accessKeyId, region, service } : undefined;
}

/** Only S3 receives unsigned requests. */
function serviceOf(signedFor: string | undefined): AwsService {
  switch (signedFor) {
    case 'sqs':
    case 'iam':
    case 'sts':
    case 'lambda':
    case 'logs':
      return signedFor;
    case 's3':
    case undefined:
      return 's3';
    default:
      throw new AwsError(501, 'NotImplemented', `The sandbox does not implement ${signedFor}.`);
  }
}

/** Formats an error in the service's protocol. An unexpected one becomes a 500, which SDKs retry. */
export function answerError(call: Pick<AwsCall, 'service' | 'method' | 'url'>, error: unknown): AwsAnswer {
  const { status, code, message, headers } =
    error instanceof AwsError
      ? error
      : new AwsError(
          500,
          'InternalFailure',
          error instanceof Error ? (error.stack ?? error.message) : `${error}`,
        );
  const requestId = randomUUID();
  switch (call.service) {
    case 's3':
      if (call.method === 'HEAD') return { status, headers };
      return {
        status,
        headers: { ...headers, 'content-type': XML_TYPE },
        body: toXml('Error', {
          Code: code,
          Message: message,
          Resource: call.url.pathname,
          RequestId: requestId,
        }),
      };
    case 'iam':
    case 'sts':
      return {
        status,
        headers: { ...headers, 'content-type': 'text/xml' },
        body: toXml('ErrorResponse', {
          Error: { Type: status < 500 ? 'Sender' : 'Receiver', Code: code, Message: message },
          RequestId: requestId,
        }),
      };
    case 'lambda':
      return {
        status,
        headers: { ...headers, 'content-type': 'application/json', 'x-amzn-errortype': code },
        body: JSON.stringify({ Type: status < 500 ? 'User' : 'Service', Message: message, message }),
      };
    case 'sqs':
    case 'logs':
      return {
        status,
        headers: { ...headers, 'content-type': 'application/x-amz-json-1.1', 'x-amzn-errortype': code },
        body: JSON.stringify({ __type: code, message }),
      };
  }
}
