import { randomUUID } from 'node:crypto';
import { type AwsAnswer, type AwsCall, AwsError } from './aws-call.ts';
import { toXml, XML_TYPE } from './xml.ts';

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
      if (call.method === 'HEAD' || status === 304) return { status, headers };
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
