import type { ServerResponse } from 'node:http';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam';
import { GetFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { HeadBucketCommand, ListObjectsV2Command, S3Client } from '@aws-sdk/client-s3';
import { SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { describe, expect, test } from 'vitest';
import {
  type AwsFailure,
  type AwsFailureKind,
  type CallContext,
  classifyAwsError,
  DeniedError,
  explainAwsError,
} from '../../src/aws/errors.ts';
import { UsageError, UserError } from '../../src/errors.ts';
import { startLoopbackServer } from '../support/loopback-server.ts';

/** A service's error response, as the SDK throws it. */
function answer(name: string, httpStatusCode: number, message = name, more: object = {}): Error {
  const $fault = httpStatusCode < 500 ? 'client' : 'server';
  const $metadata = { httpStatusCode, attempts: 1 };
  return Object.assign(new Error(message), { name, $fault, $metadata, ...more });
}

/** An S3 error response whose headers may contain the bucket's region. */
function regionError(name: string, httpStatusCode: number, region?: string): Error {
  const headers = region === undefined ? {} : { 'x-amz-bucket-region': region };
  return answer(name, httpStatusCode, name, { $response: { headers } });
}

/** A connection error: the SDK adds the number of attempts. */
function connectionError(code: string, name = 'Error'): Error {
  return Object.assign(new Error(`connect ${code}`), { name, code, $metadata: { attempts: 3 } });
}

/** An error on this side: no request was sent. */
function localError(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

const READ: CallContext = {
  doing: 'read s3://films/k',
  actions: ['s3:GetObject', 's3:ListBucket'],
  bucket: 'films',
  region: 'us-east-1',
};
const SEND: CallContext = {
  doing: 'send to the queue "q"',
  actions: ['sqs:SendMessage'],
  subject: 'the queue "q"',
};
const LAMBDA: CallContext = { actions: ['lambda:CreateFunction'], subject: 'the function "films"' };
const IAM: CallContext = { actions: ['iam:GetRole'], subject: 'the role "films-role"' };
const LOGS: CallContext = { actions: ['logs:CreateLogGroup'], subject: 'the log group "films"' };
const STS: CallContext = { actions: ['sts:GetCallerIdentity'], subject: 'this account' };

const SIGN_IN = 'Sign in again with "aws sso login", or set a valid access key with "aws configure".';
const GRANT =
  'Grant this permission to the user or role in use (docs/iam.md lists all required permissions).';
const NO_NETWORK = 'Check the network, the region and AWS_ENDPOINT_URL.';

const TABLE: [AwsFailureKind, CallContext, Error, string][] = [
  [
    'denied',
    STS,
    answer('AccessDenied', 403, 'no'),
    'AWS denied sts:GetCallerIdentity on this account. This call needs no permission, so a service control policy or a session policy denies it: ask the administrator of the account.',
  ],
  [
    'invalid endpoint',
    SEND,
    Object.assign(new TypeError('Invalid URL'), { code: 'ERR_INVALID_URL', input: '127.0.0.1:5777' }),
    'Cannot send to the queue "q": the endpoint URL of SQS is invalid ("127.0.0.1:5777"). AWS_ENDPOINT_URL, and endpoint_url in your profile, must begin with http:// or https://.',
  ],
  [
    'invalid endpoint',
    READ,
    localError('EndpointError', 'Custom endpoint `localhost://5777` was not a valid URI'),
    'Cannot read s3://films/k: the endpoint URL of S3 is invalid (Custom endpoint `localhost://5777` was not a valid URI). AWS_ENDPOINT_URL,',
  ],
  [
    'credentials',
    READ,
    localError('CredentialsProviderError', 'Could not load credentials from any providers'),
    'Cannot read s3://films/k: no valid AWS credentials found (Could not load credentials from any providers). Sign in with "aws sso login", set an access key with "aws configure", or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.',
  ],
  [
    'credentials',
    STS,
    localError('TokenProviderError', 'Token is expired. Run "aws sso login".'),
    'No valid AWS credentials found (Token is expired. Run "aws sso login"). Sign in with',
  ],
  [
    'credentials',
    READ,
    answer('InvalidAccessKeyId', 403, 'The key does not exist.'),
    `Cannot read s3://films/k: AWS rejected the credentials (InvalidAccessKeyId: The key does not exist). ${SIGN_IN}`,
  ],
  [
    'credentials',
    READ,
    answer('SignatureDoesNotMatch', 403, 'It does not match.'),
    'Cannot read s3://films/k: AWS rejected the credentials (SignatureDoesNotMatch: It does not match). Sign in again',
  ],
  [
    'credentials',
    SEND,
    answer('InvalidSignatureException', 403, 'It does not match.'),
    'Cannot send to the queue "q": AWS rejected the credentials (InvalidSignatureException: It does not match). Sign in again',
  ],
  [
    'credentials',
    LAMBDA,
    answer('InvalidSignatureException', 403, 'It does not match.'),
    `AWS rejected the credentials (InvalidSignatureException: It does not match). ${SIGN_IN}`,
  ],
  [
    'unreachable',
    READ,
    localError('CredentialsProviderError', 'Error: getaddrinfo ENOTFOUND portal.sso.test'),
    `Cannot read s3://films/k: S3 cannot be reached (Error: getaddrinfo ENOTFOUND portal.sso.test). ${NO_NETWORK}`,
  ],
  [
    'credentials',
    READ,
    localError('CredentialsProviderError', 'Command failed: vault\nconnect ECONNREFUSED 127.0.0.1:1'),
    'Cannot read s3://films/k: no valid AWS credentials found (Command failed: vault)',
  ],
  [
    'credentials',
    STS,
    answer('InvalidClientTokenId', 403, 'The security token included in the request is invalid.'),
    'AWS rejected the credentials (InvalidClientTokenId: The security token included in the request is invalid). Sign in again with "aws sso login", or set a valid access key with "aws configure"; if they work in other regions, enable this region for the account.',
  ],
  [
    'other error',
    LAMBDA,
    answer(
      'InvalidParameterValueException',
      400,
      'The role defined for the function cannot be assumed by Lambda.',
    ),
    'AWS rejected lambda:CreateFunction for the function "films" (InvalidParameterValueException): The role defined for the function cannot be assumed by Lambda. Wait a few minutes, because a new role takes time to reach Lambda, and run the command again; if it still fails, check the policies of the role.',
  ],
  [
    'other error',
    LAMBDA,
    answer('AccessDeniedException', 403, 'Unable to determine service/operation name to be authorized'),
    'AWS rejected lambda:CreateFunction for the function "films" (AccessDeniedException): Unable to determine service/operation name to be authorized. The service does not offer this call in the region in use: choose another region.',
  ],
  ['credentials', LAMBDA, answer('UnrecognizedClientException', 403), 'AWS rejected the credentials'],
  ['credentials', IAM, answer('ExpiredToken', 403), 'AWS rejected the credentials'],
  ['credentials', LOGS, answer('ExpiredTokenException', 400), 'AWS rejected the credentials'],
  ['credentials', STS, answer('IncompleteSignature', 400), 'AWS rejected the credentials'],
  ['credentials', LOGS, answer('MissingAuthenticationTokenException', 400), 'AWS rejected'],
  [
    'credentials',
    READ,
    answer('Unknown', 400, 'UnknownError'),
    'Cannot read s3://films/k: S3 returned status 400 without an error code, which usually means expired AWS credentials. Sign in again with "aws sso login".',
  ],
  [
    'denied',
    READ,
    answer('AccessDenied', 403, 'Access Denied'),
    'Cannot read s3://films/k: AWS denied s3:GetObject or s3:ListBucket on the bucket "films". Grant these permissions to the user or role in use (docs/iam.md lists all required permissions); if it has them,',
  ],
  ['denied', READ, answer('Unknown', 403, 'UnknownError'), 'AWS denied s3:GetObject or s3:ListBucket'],
  [
    'denied',
    READ,
    answer('AccessDenied', 403, 'User: u is not authorized to perform: s3:GetObject on resource: r'),
    `Cannot read s3://films/k: AWS denied s3:GetObject on the bucket "films". ${GRANT}`,
  ],
  [
    'denied',
    SEND,
    answer('AccessDenied', 403, 'User: u is not authorized to perform: kms:GenerateDataKey on r'),
    'Cannot send to the queue "q": AWS denied kms:GenerateDataKey on the queue "q". Grant this permission to the user or role in use (the data is encrypted with this key)',
  ],
  [
    'denied',
    LAMBDA,
    answer('AccessDeniedException', 403, 'User: u is not authorized to perform: iam:PassRole on r'),
    `AWS denied iam:PassRole on the function "films". ${GRANT}`,
  ],
  ['denied', IAM, answer('AccessDenied', 403), `AWS denied iam:GetRole on the role "films-role". ${GRANT}`],
  ['denied', LOGS, answer('AccessDeniedException', 400), 'AWS denied logs:CreateLogGroup on the log group'],
  [
    'denied',
    LOGS,
    answer(
      'AccessDeniedException',
      400,
      'User with accountId: 1 is not authorized to perform CreateLogGroup with Tags. An additional permission "logs:TagResource" is required.',
    ),
    'AWS denied logs:TagResource on the log group "films". Grant this permission',
  ],
  ['denied', {}, answer('AccessDenied', 403, 'No.'), 'AWS denied a call (No). Grant'],
  [
    'no region',
    SEND,
    localError('Error', 'Region is missing'),
    'Cannot send to the queue "q": no AWS region is set. Set AWS_REGION (AWS_DEFAULT_REGION is not read), or set a region in your profile with "aws configure".',
  ],
  [
    'no region',
    SEND,
    localError('Error', 'Region not accepted: region="" is not a valid hostname component.'),
    'Cannot send to the queue "q": no AWS region is set. Set AWS_REGION (AWS_DEFAULT_REGION is not read), or',
  ],
  [
    'no region',
    {},
    localError('Error', 'Region not accepted: region="eu central" is not a valid hostname component.'),
    'The AWS region is invalid (Region not accepted: region="eu central" is not a valid hostname component). Set AWS_REGION, or',
  ],
  [
    'wrong region',
    READ,
    regionError('PermanentRedirect', 301, 'eu-west-1'),
    'Cannot read s3://films/k: the bucket "films" is in the region "eu-west-1", not in "us-east-1". Set AWS_REGION=eu-west-1.',
  ],
  [
    'wrong region',
    READ,
    regionError('PermanentRedirect', 301),
    'Cannot read s3://films/k: the bucket "films" is in another region, not in "us-east-1". Set AWS_REGION.',
  ],
  ['wrong region', READ, regionError('Unknown', 400, 'eu-west-1'), '. Set AWS_REGION=eu-west-1.'],
  [
    'wrong region',
    { ...READ, region: undefined },
    answer('AuthorizationHeaderMalformed', 400, 'm', { Region: 'eu-west-1' }),
    'Cannot read s3://films/k: the bucket "films" is in the region "eu-west-1". Set AWS_REGION=eu-west-1.',
  ],
  ['wrong region', READ, regionError('IllegalLocationConstraintException', 400), 'is in another region'],
  [
    'no such bucket',
    READ,
    answer('NoSuchBucket', 404),
    'Cannot read s3://films/k: the bucket "films" does not exist. Check its name, or create it with "tdd deploy".',
  ],
  [
    'clock skew',
    READ,
    answer('RequestTimeTooSkewed', 403),
    "Cannot read s3://films/k: this machine's clock differs from AWS's by more than 15 minutes. Set the clock.",
  ],
  [
    'clock skew',
    LAMBDA,
    answer('InvalidSignatureException', 403, 'Signature expired: 20261125T000000Z is now earlier than …'),
    "This machine's clock differs from AWS's by more than 15 minutes. Set the clock.",
  ],
  [
    'unreachable',
    READ,
    connectionError('ECONNREFUSED'),
    `Cannot read s3://films/k: S3 cannot be reached (connect ECONNREFUSED). ${NO_NETWORK}`,
  ],
  [
    'unreachable',
    LAMBDA,
    connectionError('ENOTFOUND'),
    `Lambda cannot be reached (connect ENOTFOUND). ${NO_NETWORK}`,
  ],
  ['unreachable', IAM, connectionError('ETIMEDOUT', 'TimeoutError'), 'IAM cannot be reached'],
  [
    'unreachable',
    SEND,
    Object.assign(
      new AggregateError([
        new Error('connect ECONNREFUSED ::1:4566'),
        new Error('connect ECONNREFUSED 127.0.0.1:4566'),
      ]),
      { code: 'ECONNREFUSED', $metadata: {} },
    ),
    'SQS cannot be reached (connect ECONNREFUSED ::1:4566, connect ECONNREFUSED 127.0.0.1:4566)',
  ],
  [
    'unreachable',
    SEND,
    Object.assign(new Error('write EPROTO 00:error:0A0:SSL routines:f:wrong version number:../x.c:355:\n'), {
      code: 'EPROTO',
      $metadata: {},
    }),
    'SQS cannot be reached (wrong version number)',
  ],
  [
    'unreachable',
    STS,
    localError('TimeoutError', 'Socket timed out'),
    'STS cannot be reached (Socket timed out)',
  ],
  ['unreachable', LOGS, connectionError('SELF_SIGNED_CERT_IN_CHAIN'), 'CloudWatch Logs cannot be reached'],
  [
    'unreachable',
    {},
    connectionError('EAI_AGAIN'),
    `AWS cannot be reached (connect EAI_AGAIN). ${NO_NETWORK}`,
  ],
  [
    'broken connection',
    READ,
    Object.assign(localError('Error', 'aborted'), { code: 'ECONNRESET' }),
    'Cannot read s3://films/k: the connection to S3 was lost (aborted). Try again.',
  ],
  [
    'broken connection',
    SEND,
    connectionError('ECONNRESET', 'TimeoutError'),
    'the connection to SQS was lost',
  ],
  [
    'broken connection',
    LAMBDA,
    connectionError('EPIPE'),
    'The connection to Lambda was lost (connect EPIPE). Try',
  ],
  [
    'throttled',
    READ,
    answer('SlowDown', 503),
    'Cannot read s3://films/k: S3 is throttling requests (503 SlowDown, 1 attempt). Try again later.',
  ],
  [
    'throttled',
    SEND,
    answer('RequestThrottled', 403),
    'SQS is throttling requests (403 RequestThrottled, 1 attempt)',
  ],
  [
    'throttled',
    LAMBDA,
    answer('TooManyRequestsException', 429),
    'Lambda is throttling requests (429 TooManyRequests',
  ],
  [
    'throttled',
    IAM,
    answer('Throttling', 400),
    'IAM is throttling requests (400 Throttling, 1 attempt). Try again later.',
  ],
  [
    'throttled',
    LOGS,
    answer('ThrottlingException', 400),
    'CloudWatch Logs is throttling requests (400 ThrottlingException',
  ],
  [
    'throttled',
    {},
    Object.assign(localError('Throttling', 'Slow down'), { $metadata: {} }),
    'AWS is throttling requests (Throttling). Try again later.',
  ],
  ['unavailable', READ, answer('InternalError', 500), 'S3 is unavailable (500 InternalError, 1 attempt)'],
  [
    'unavailable',
    SEND,
    answer('Unknown', 503, 'UnknownError'),
    'SQS is unavailable (503, 1 attempt). Try again',
  ],
  [
    'unavailable',
    STS,
    answer('ServiceUnavailable', 503),
    'STS is unavailable (503 ServiceUnavailable, 1 attempt)',
  ],
  [
    'other error',
    LAMBDA,
    answer('InvalidParameterValueException', 400, 'Could not unzip uploaded file.'),
    'AWS rejected lambda:CreateFunction for the function "films" (InvalidParameterValueException): Could not unzip uploaded file.',
  ],
  [
    'other error',
    LAMBDA,
    answer('KMSAccessDeniedException', 502, 'Lambda was unable to decrypt the variables'),
    'AWS rejected lambda:CreateFunction for the function "films" (KMSAccessDeniedException): Lambda was',
  ],
  [
    'other error',
    READ,
    answer('InvalidRequest', 400, 'No.'),
    'Cannot read s3://films/k: AWS rejected s3:GetObject for the bucket "films" (InvalidRequest): No.',
  ],
  [
    'other error',
    SEND,
    answer('OverLimit', 403, 'Too many messages in flight.'),
    'Cannot send to the queue "q": AWS rejected sqs:SendMessage for the queue "q" (OverLimit): Too many',
  ],
  ['other error', {}, answer('ValidationError', 400, 'No'), 'AWS rejected a call (ValidationError): No.'],
];

const TRANSIENT: readonly AwsFailureKind[] = ['unreachable', 'broken connection', 'throttled', 'unavailable'];

describe('an AWS failure', () => {
  test.each(TABLE)('is %s: %o: %s', (kind, call, error, sentence) => {
    const failure = classifyAwsError(error, call);
    expect(failure).toMatchObject({ kind, isTransient: TRANSIENT.includes(kind) });
    const explained = explainAwsError(error, call);
    expect(explained).toBeInstanceOf(UserError);
    expect(explained).toMatchObject({ cause: error });
    expect((explained as Error).message).toContain(sentence);
    expect(explained instanceof UsageError).toBe(/region|endpoint/.test(kind));
    expect(explained instanceof DeniedError).toBe(kind === 'denied');
  });

  test('reports the IAM action that the service named as denied', () => {
    const denied = answer('AccessDenied', 403, 'User: u is not authorized to perform: s3:GetObject on r');
    expect(classifyAwsError(denied, READ)).toMatchObject({
      service: 'S3',
      actions: ['s3:GetObject'],
      subject: 'the bucket "films"',
    } satisfies Partial<AwsFailure>);
  });

  test.each([
    ['a UserError', new UserError('It failed.')],
    ['a bug', new TypeError('x is undefined')],
    ['a file system error', Object.assign(new Error('no'), { code: 'ENOENT', syscall: 'open' })],
    ['an abort', new DOMException('Aborted', 'AbortError')],
    ['a string', 'a string'],
  ])('is not %s', (_, thrown) => {
    expect(classifyAwsError(thrown, READ)).toBeUndefined();
    expect(explainAwsError(thrown, READ)).toBe(thrown);
  });

  test('is not a connection error without AWS metadata', () => {
    const error = Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' });
    expect(explainAwsError(error)).toBe(error);
  });
});

describe('the kind of an error that a real SDK client throws', () => {
  const CALLS: Readonly<Record<string, (endpoint: string) => Promise<unknown>>> = {
    s3: (url) => new S3Client(configOf(url)).send(new ListObjectsV2Command({ Bucket: 'films' })),
    's3 with HEAD': (url) => new S3Client(configOf(url)).send(new HeadBucketCommand({ Bucket: 'films' })),
    sqs: (url) =>
      new SQSClient(configOf(url)).send(new SendMessageCommand({ QueueUrl: `${url}/1/q`, MessageBody: 'x' })),
    lambda: (url) => new LambdaClient(configOf(url)).send(new GetFunctionCommand({ FunctionName: 'films' })),
    iam: (url) => new IAMClient(configOf(url)).send(new GetRoleCommand({ RoleName: 'films' })),
    logs: (url) => new CloudWatchLogsClient(configOf(url)).send(new DescribeLogGroupsCommand({})),
    sts: (url) => new STSClient(configOf(url)).send(new GetCallerIdentityCommand({})),
  };

  function configOf(endpoint: string) {
    const credentials = { accessKeyId: 'testing', secretAccessKey: 'testing' };
    return { endpoint, region: 'us-east-1', credentials, maxAttempts: 1, forcePathStyle: true };
  }

  const web = (status: number) => (response: ServerResponse) =>
    response.writeHead(status, { 'content-type': 'text/html' }).end('<html><meta charset=utf-8><p>Sign in!');
  const ANSWERS: [
    string,
    (response: ServerResponse) => unknown,
    AwsFailureKind | undefined,
    AwsFailureKind?,
  ][] = [
    ['a web page', web(200), 'not from AWS'],
    ['a web page with status 403', web(403), 'not from AWS', 'denied'],
    ['a web page with status 502', web(502), 'unavailable'],
    ['403 without a body', (response) => response.writeHead(403).end(), 'denied'],
    ['503 without a body', (response) => response.writeHead(503).end(), 'unavailable'],
    ['a closed connection', (response) => response.destroy(), 'broken connection'],
  ];

  test.each(ANSWERS)('is detected for %s', async (_, respond, kind, kindOfHead = kind) => {
    const server = await startLoopbackServer((request, response) => {
      request.resume().once('end', () => respond(response));
    });
    try {
      for (const [name, call] of Object.entries(CALLS)) {
        const error = await call(server.url).then(
          () => undefined,
          (thrown: unknown) => thrown,
        );
        const isHead = name.endsWith('HEAD');
        // Any page with status 200 is a valid response to HEAD.
        const expected = isHead && error === undefined ? undefined : isHead ? kindOfHead : kind;
        const actions = [`${name.split(' ')[0]}:Action`];
        expect([name, classifyAwsError(error, { actions })?.kind]).toEqual([name, expected]);
      }
    } finally {
      await server.stop();
    }
  });

  test('is detected for a refused connection', async () => {
    const server = await startLoopbackServer(() => undefined);
    await server.stop();
    for (const [name, call] of Object.entries(CALLS)) {
      const error = await call(server.url).catch((thrown: unknown) => thrown);
      expect([name, classifyAwsError(error)?.kind]).toEqual([name, 'unreachable']);
    }
  });
});
