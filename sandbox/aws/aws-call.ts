import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { toXml, XML_TYPE } from './xml.ts';

/** The services that the sandbox answers for. */
type AwsService = 's3' | 'sqs' | 'iam' | 'sts' | 'lambda' | 'logs';

/** One request of an SDK client, before its service has looked at it. */
export interface AwsCall {
  readonly service: AwsService;
  readonly method: string;
  readonly url: URL;
  /** The path as it was sent: percent-encoded, and with its dots, which `url.pathname` has lost. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The region that the client signed for. */
  readonly region: string;
  /** Who signed: an access key id, or the empty string. */
  readonly accessKeyId: string;
  /** The body whole. */
  readonly body: Buffer;
  /** Has the client gone away? */
  isAborted(): boolean;
}

/** What goes back. */
export interface AwsAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer | Readable;
}

/** A refusal, as the real service words it: `code` is the name that the SDK gives the error. */
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

/** Reads a request whole. One endpoint serves all services: the signature's scope says which is meant. */
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
    isAborted: () => request.socket.destroyed,
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

/** An unsigned request can only be S3's. */
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
      throw new AwsError(501, 'NotImplemented', `The sandbox has no ${signedFor}.`);
  }
}

/** Words a failure in the protocol of the service that was asked. Anything unforeseen is a 500, which SDKs retry. */
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
