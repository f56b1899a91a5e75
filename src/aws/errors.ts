import { ConnectionError, reasonOf } from '../connection-error.ts';
import { explainTooManyFiles, UsageError, UserError } from '../errors.ts';
import { capitalize, quote, toOneLine, withFullStop } from '../text.ts';
import { adviceOnError, type Denial, describeDenial, NOT_OFFERED, parseDenial } from './denial.ts';

/** The caller's information about a failed call. */
export interface CallContext {
  /** The purpose of the call, which messages put after "Cannot": `read s3://bucket/key`. */
  readonly doing?: string;
  /** The IAM actions that the call needs, such as `s3:GetObject`. Their prefix identifies the service. */
  readonly actions?: readonly string[];
  /** The resource, as messages name it: `the queue "films"`. */
  readonly subject?: string;
  /** The bucket of an S3 call, which is then the subject. */
  readonly bucket?: string;
  /** The client's region, to detect a bucket in another region. */
  readonly region?: string | undefined;
}

/** The kind of a failure. It determines the message, and whether a retry can succeed. */
export type AwsFailureKind =
  | 'credentials'
  | 'denied'
  /** No region is set, or its name is invalid. */
  | 'no region'
  | 'wrong region'
  /** The custom endpoint, from the environment or the profile, is not a URL. */
  | 'invalid endpoint'
  | 'no such bucket'
  | 'clock skew'
  | 'unreachable'
  | 'broken connection'
  | 'throttled'
  | 'unavailable'
  /** Something other than AWS responded, such as a proxy with a web page. */
  | 'not from AWS'
  | 'other error';

/** A failed AWS call as plain data. */
export interface AwsFailure {
  readonly kind: AwsFailureKind;
  /** Whether a retry of the same call can succeed without changes on this side. */
  readonly isTransient: boolean;
  /** The service's name, such as `S3`; `AWS` when the caller gave no IAM action. */
  readonly service: string;
  /** The IAM action that the service reported as denied, or otherwise those that the call needs. */
  readonly actions: readonly string[];
  /** The resource, as messages name it: `the queue "films"`. */
  readonly subject: string | undefined;
  /** The problem as a clause, without an initial capital or a full stop. */
  readonly problem: string;
  /** What to do, as a sentence without a capital letter or a full stop. Absent when the problem needs no advice. */
  readonly advice?: string;
}

/** AWS denied access: the message names the missing permission. */
export class DeniedError extends UserError {
  override readonly name = 'DeniedError';
}

/**
 * Converts an error of the AWS SDK to one whose message is a sentence for the user, with the original as its `cause`.
 * @returns a {@link UsageError} when the region or the endpoint is missing or wrong, a {@link DeniedError} when a permission is
 *   missing, a {@link UserError} for other AWS failures. Anything else (a bug, an abort, a UserError) is returned
 *   unchanged.
 */
export function explainAwsError(cause: unknown, call: CallContext = {}): unknown {
  const tooManyFiles = explainTooManyFiles(cause);
  if (tooManyFiles !== undefined) return tooManyFiles;
  const failure = cause instanceof UserError ? undefined : classifyAwsError(cause, call);
  if (failure === undefined) return cause;
  const { kind, problem, advice } = failure;
  const said = [problem, ...(advice === undefined ? [] : [capitalize(advice)])].map(withFullStop).join(' ');
  const text = call.doing === undefined ? capitalize(said) : `Cannot ${call.doing}: ${said}`;
  if (USAGE.has(kind)) return new UsageError(text, { cause });
  return kind === 'denied' ? new DeniedError(text, { cause }) : new UserError(text, { cause });
}

/** Failures that only a change of the user's settings can fix. */
const USAGE: ReadonlySet<AwsFailureKind> = new Set(['no region', 'wrong region', 'invalid endpoint']);

/**
 * Classifies an error of any AWS service.
 * @returns `undefined` when the error comes neither from AWS nor from the connection to it.
 */
export function classifyAwsError(error: unknown, call: CallContext = {}): AwsFailure | undefined {
  if (!(error instanceof Error)) return undefined;
  const facts = readFacts(error, call);
  if (error instanceof ConnectionError && error.isTransient) {
    const { service, actions, subject } = facts;
    return { kind: 'unreachable', isTransient: true, service, actions, subject, problem: error.problem };
  }
  if (error instanceof UserError) return undefined;
  const kind = kindOf(facts);
  if (kind === undefined) return undefined;
  const { service, actions, subject } = facts;
  return { kind, isTransient: TRANSIENT.has(kind), service, actions, subject, ...SENTENCES[kind](facts) };
}

const TRANSIENT: ReadonlySet<AwsFailureKind> = new Set([
  'unreachable',
  'broken connection',
  'throttled',
  'unavailable',
]);

/** The facts about a failure, from the error and from the caller. */
interface Facts {
  readonly error: Error;
  /** The error code of the service or the operating system; absent when the response had none. */
  readonly code: string | undefined;
  /** The first line of the message. */
  readonly reason: string;
  readonly status: number | undefined;
  readonly attempts: number | undefined;
  readonly service: string;
  readonly actions: readonly string[];
  readonly denial: Denial;
  readonly subject: string | undefined;
  readonly bucket: string | undefined;
  /** The client's region. */
  readonly region: string | undefined;
  /** The bucket's region when it differs; `another` when S3 does not report which one. */
  readonly bucketRegion: string | undefined;
}

const SERVICES: Readonly<Record<string, string>> = {
  s3: 'S3',
  sqs: 'SQS',
  lambda: 'Lambda',
  iam: 'IAM',
  logs: 'CloudWatch Logs',
  sts: 'STS',
};

/** The SDK's error names for a response without an error code, such as that to a HEAD request. */
const NO_ERROR_CODE = /^(Unknown|UnknownError|Error|SyntaxError|\d{3})$/;

function readFacts(error: Error, call: CallContext): Facts {
  const status = httpStatusOf(error);
  const denial = parseDenial(error.message);
  // The error of a connection that breaks within a response also has the status of that response.
  const code = 'code' in error && !('$fault' in error) ? String(error.code) : error.name;
  const attempts = (error as { $metadata?: { attempts?: number } }).$metadata?.attempts;
  return {
    error,
    code: NO_ERROR_CODE.test(code) ? undefined : toOneLine(code),
    reason:
      toOneLine(reasonOf(error).trim().split('\n', 1)[0] ?? '', 500).replace(/\.$/, '') || toOneLine(code),
    status,
    attempts,
    service: SERVICES[call.actions?.[0]?.split(':')[0] ?? ''] ?? 'AWS',
    actions: denial.action === undefined ? (call.actions ?? []) : [denial.action],
    denial,
    subject: call.subject ?? (call.bucket === undefined ? undefined : `the bucket "${call.bucket}"`),
    bucket: call.bucket,
    region: call.region,
    bucketRegion: otherBucketRegion(error, status, call.region),
  };
}

const NO_CREDENTIALS = /^(CredentialsProviderError|TokenProviderError)$/;
const BAD_CREDENTIALS =
  /^(InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature(Exception)?|ExpiredToken(Exception)?|InvalidToken|TokenRefreshRequired|RequestExpired|MissingAuthenticationToken(Exception)?)$/;
/** Also the answers of a region that is not enabled for the account. https://github.com/aws/aws-sdk-ruby/issues/2850 */
const UNKNOWN_KEY = /^(InvalidClientTokenId|UnrecognizedClientException|InvalidToken)$/;
const CLOCK_SKEW = /^(RequestTimeTooSkewed|RequestInTheFuture)$/;
/** Services other than S3 have no separate error code for clock skew. */
const CLOCK_SKEW_MESSAGE = /^Signature (expired|not yet current)/;
const DENIED =
  /^(AccessDenied(Exception)?|AuthorizationError|UnauthorizedOperation|NotAuthorized(Exception)?|Forbidden)$/;
const UNREACHABLE =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|TimeoutError|EPROTO|ERR_SSL_\w+|\w*CERT\w*|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/;
/** `RequestTimeout` (400): S3 received nothing for a while. */
const BROKEN = /^(ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE|RequestTimeout)$/;
/** The text of such a failure, which is all that the SDK keeps of one that prevents it from loading credentials. */
const CONNECTION_FAILURE =
  /^(?:\w+: )?(?:getaddrinfo|connect|read|write) E[A-Z_]+\b|^(?:\w+: )?socket hang up|^(?:AggregateError|TimeoutError)\b/;
const THROTTLED = /Throttl|TooManyRequests|SlowDown|RequestLimitExceeded|PriorRequestNotComplete/;

/** The SDK throws this before it sends a request. An empty variable, such as `AWS_REGION=`, counts as not set. */
function isRegionMissing({ message }: Error): boolean {
  return message === 'Region is missing' || message.startsWith('Region not accepted: region="" ');
}

function kindOf({ error, code = '', status = 0, bucketRegion, service }: Facts): AwsFailureKind | undefined {
  if (NO_CREDENTIALS.test(error.name))
    return isConnectionFailure(error.message) ? 'unreachable' : 'credentials';
  if (isRegionMissing(error) || error.message.startsWith('Region not accepted:')) return 'no region';
  if (bucketRegion !== undefined) return 'wrong region';
  if (code === 'NoSuchBucket') return 'no such bucket';
  if (CLOCK_SKEW.test(code) || CLOCK_SKEW_MESSAGE.test(error.message)) return 'clock skew';
  if (BAD_CREDENTIALS.test(code)) return 'credentials';
  // An error without SDK metadata and without a known call may come from another connection, such as that to TMDB.
  const isFromAws = '$metadata' in error || service !== 'AWS';
  if (isFromAws && (code === 'ERR_INVALID_URL' || error.name === 'EndpointError')) return 'invalid endpoint';
  if (isFromAws && BROKEN.test(code)) return 'broken connection';
  if (isFromAws && UNREACHABLE.test(code)) return 'unreachable';
  if (status === 429 || THROTTLED.test(code)) return 'throttled';
  // Lambda returns KMS errors with status 502, but their cause is a KMS key that it cannot use.
  if (status >= 500 && status !== 501 && !code.startsWith('KMS')) return 'unavailable';
  if (/^ *Deserialization error/m.test(error.message)) return 'not from AWS';
  if (isNotOffered(error)) return 'other error';
  if (DENIED.test(code) || (status === 403 && code === '')) return 'denied';
  if (status === 400 && code === '' && service === 'S3') return 'credentials';
  return status >= 400 || '$fault' in error ? 'other error' : undefined;
}

const SENTENCES: Readonly<Record<AwsFailureKind, (facts: Facts) => Pick<AwsFailure, 'problem' | 'advice'>>> =
  {
    credentials: ({ error, code, reason }) => {
      if (NO_CREDENTIALS.test(error.name)) {
        return {
          problem: `no valid AWS credentials found (${reason})`,
          advice:
            'sign in with "aws sso login", set an access key with "aws configure", or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
        };
      }
      // A response to HEAD has no body, so no error code.
      if (code === undefined) {
        return {
          problem:
            'S3 returned status 400 without an error code, which usually means expired AWS credentials',
          advice: 'sign in again with "aws sso login"',
        };
      }
      return {
        problem: `AWS rejected the credentials (${code}: ${reason})`,
        advice: `sign in again with "aws sso login", or set a valid access key with "aws configure"${UNKNOWN_KEY.test(code) ? '; if they work in other regions, enable this region for the account' : ''}`,
      };
    },
    denied: ({ denial, ...facts }) => describeDenial(denial, facts),
    'no region': ({ error, reason }) => {
      const inProfile = 'or set a region in your profile with "aws configure"';
      return isRegionMissing(error)
        ? {
            problem: 'no AWS region is set',
            advice: `set AWS_REGION (AWS_DEFAULT_REGION is not read), ${inProfile}`,
          }
        : { problem: `the AWS region is invalid (${reason})`, advice: `set AWS_REGION, ${inProfile}` };
    },
    'wrong region': ({ subject = 'the bucket', bucketRegion, region }) => {
      const used = region === undefined ? '' : `, not in "${region}"`;
      return bucketRegion === 'another'
        ? { problem: `${subject} is in another region${used}`, advice: 'set AWS_REGION' }
        : {
            problem: `${subject} is in the region "${bucketRegion}"${used}`,
            advice: `set AWS_REGION=${bucketRegion}`,
          };
    },
    'invalid endpoint': ({ error, service, reason }) => ({
      problem: `the endpoint URL of ${service} is invalid (${'input' in error ? quote(error.input) : reason})`,
      advice: 'AWS_ENDPOINT_URL, and endpoint_url in your profile, must begin with http:// or https://',
    }),
    'no such bucket': ({ bucket }) => ({
      problem: `the bucket${bucket === undefined ? '' : ` "${bucket}"`} does not exist`,
      advice: 'check its name, or create it with "tdd deploy"',
    }),
    'clock skew': () => ({
      problem: "this machine's clock differs from AWS's by more than 15 minutes",
      advice: 'set the clock',
    }),
    unreachable: ({ service, reason }) => ({
      problem: `${service} cannot be reached (${reason})`,
      advice: 'check the network, the region and AWS_ENDPOINT_URL',
    }),
    'broken connection': ({ service, reason }) => ({
      problem: `the connection to ${service} was lost (${reason})`,
      advice: 'try again',
    }),
    throttled: (facts) => ({
      problem: `${facts.service} is throttling requests${responseOf(facts)}`,
      advice: 'try again later',
    }),
    unavailable: (facts) => ({
      problem: `${facts.service} is unavailable${responseOf(facts)}`,
      advice: 'try again later',
    }),
    'not from AWS': ({ service, status }) => ({
      problem: `the response did not come from ${service}; a proxy may have sent it (HTTP ${status})`,
      advice: 'check the network, the proxy and AWS_ENDPOINT_URL',
    }),
    'other error': ({ actions, subject, code, status, reason }) => {
      const advice = adviceOnError(code, reason);
      return {
        problem: `AWS rejected ${actions[0] ?? 'a call'}${subject === undefined ? '' : ` for ${subject}`} (${code ?? `HTTP ${status}`}): ${reason}`,
        ...(advice !== undefined && { advice }),
      };
    },
  };

/** ` (503 SlowDown, 3 attempts)` */
function responseOf({ status, code, attempts }: Facts): string {
  const response = [status, code].filter((part) => part !== undefined).join(' ');
  return ` (${response}${attempts === undefined ? '' : `, ${attempts} ${attempts === 1 ? 'attempt' : 'attempts'}`})`;
}

/** The bucket's region when it is not the client's; `another` when S3 does not report which one. */
function otherBucketRegion(
  error: Error,
  status: number | undefined,
  clientRegion: string | undefined,
): string | undefined {
  const reported = responseHeader(error, 'x-amz-bucket-region');
  if (status === 301 || error.name === 'PermanentRedirect') return reported ?? 'another';
  if (error.name === 'AuthorizationHeaderMalformed' && 'Region' in error) return String(error.Region);
  if (error.name === 'IllegalLocationConstraintException') return reported ?? 'another';
  // A response to HeadBucket has no body. When its status is 400 and the region differs, the region is the reason.
  const differs = reported !== undefined && clientRegion !== undefined && reported !== clientRegion;
  return status === 400 && differs ? reported : undefined;
}

/** Whether the text of an error is that of a failed connection. */
export function isConnectionFailure(text: string): boolean {
  return CONNECTION_FAILURE.test(text);
}

/** Whether an error is a service error with one of these names. */
export function isServiceError(error: unknown, ...names: readonly string[]): error is Error {
  return error instanceof Error && names.includes(error.name);
}

/**
 * Awaits a call.
 * @param names the service's names for "not found" errors.
 * @returns its result, or `undefined` when it fails with one of these errors.
 */
export async function undefinedIfNotFound<T>(
  call: Promise<T>,
  ...names: readonly string[]
): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isServiceError(error, ...names)) return undefined;
    throw error;
  }
}

/**
 * Whether Lambda rejected a call because it does not offer it in this region. The answer looks like a denial:
 * https://github.com/anomalyco/sst/issues/5327
 */
export function isNotOffered(error: unknown): boolean {
  return serviceErrorMatches(error, 'AccessDeniedException', NOT_OFFERED);
}

/** Whether an error is a service error with this name and a matching message. */
export function serviceErrorMatches(error: unknown, name: string, pattern: RegExp): boolean {
  return isServiceError(error, name) && pattern.test(error.message);
}

/** The HTTP status of the response that caused an error, if there was a response. */
export function httpStatusOf(error: unknown): number | undefined {
  const metadata = error instanceof Error && '$metadata' in error ? error.$metadata : undefined;
  const status = (metadata as { httpStatusCode?: unknown } | undefined)?.httpStatusCode;
  return typeof status === 'number' ? status : undefined;
}

/** A header of the HTTP response that caused an error, if there was a response. */
export function responseHeader(error: unknown, name: string): string | undefined {
  const response = error instanceof Error && '$response' in error ? error.$response : undefined;
  const value = (response as { headers?: Record<string, unknown> } | undefined)?.headers?.[name];
  return typeof value === 'string' ? value : undefined;
}
