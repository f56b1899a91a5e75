import { UsageError, UserError } from '../errors.ts';
import { capitalize, withFullStop } from '../text.ts';

/** What was asked of AWS when a call failed, as far as the caller knows it. */
export interface CallContext {
  /** For people, after "Cannot": `read s3://bucket/key`. */
  readonly doing?: string;
  /** The IAM actions that it needs: `s3:GetObject`. Their prefix tells the service. */
  readonly actions?: readonly string[];
  /** For people: `the queue "films"`. */
  readonly subject?: string;
  /** Of a call of S3: then the bucket is the subject. */
  readonly bucket?: string;
  /** The client's region, to tell that the bucket is in another one. */
  readonly region?: string | undefined;
}

/** What kind of failure it is: the sentence, and what a program can do about it, follow from it. */
export type AwsFailureKind =
  | 'credentials'
  | 'denied'
  /** None is set, or what is set cannot be the name of one. */
  | 'no region'
  | 'wrong region'
  | 'no such bucket'
  | 'clock skew'
  | 'unreachable'
  | 'broken connection'
  | 'throttled'
  | 'unavailable'
  /** The answer is not AWS's: a web page of a proxy, for instance. */
  | 'not from AWS'
  | 'other error';

/** A failed call of AWS as plain data. */
export interface AwsFailure {
  readonly kind: AwsFailureKind;
  /** May the same call succeed later, with nothing changed on this side? */
  readonly isTransient: boolean;
  /** `S3`; `AWS` when the caller did not say. */
  readonly service: string;
  /** The IAM action that the service has named as denied, else those that the call needs. */
  readonly actions: readonly string[];
  /** For people: `the queue "films"`. */
  readonly subject: string | undefined;
  /** What is wrong: a sentence without its capital and its full stop. */
  readonly problem: string;
  /** What to do, after "so"; absent when the problem says all there is to say. */
  readonly advice?: string;
}

/** AWS denied a call: the message names the permission that is missing. */
export class DeniedError extends UserError {
  override readonly name = 'DeniedError';
}

/**
 * Turns what the SDK threw into one sentence for people, with the SDK's error as its cause: a {@link UsageError} when
 * a region is missing or wrong, a {@link DeniedError} when a permission is missing, a {@link UserError} otherwise.
 * What is not a failure of AWS (a bug, an abort, a sentence already) comes back as it is.
 */
export function explainAwsError(cause: unknown, call: CallContext = {}): unknown {
  const failure = classifyAwsError(cause, call);
  if (failure === undefined) return cause;
  const { kind, problem, advice } = failure;
  const said = withFullStop(advice === undefined ? problem : `${problem}, so ${advice}`);
  const text = call.doing === undefined ? capitalize(said) : `Cannot ${call.doing}: ${said}`;
  if (kind === 'no region' || kind === 'wrong region') return new UsageError(text, { cause });
  return kind === 'denied' ? new DeniedError(text, { cause }) : new UserError(text, { cause });
}

/**
 * Says what went wrong with a call of any service.
 * @returns `undefined` for what is not a failure of AWS or of the way to it.
 */
export function classifyAwsError(error: unknown, call: CallContext = {}): AwsFailure | undefined {
  if (!(error instanceof Error) || error instanceof UserError) return undefined;
  const facts = readFacts(error, call);
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

/** What an error of the SDK tells, and what the caller knows. */
interface Facts {
  readonly error: Error;
  /** The error code of the service or of the system; absent where the answer had none. */
  readonly code: string | undefined;
  /** The first line of the message. */
  readonly reason: string;
  readonly status: number | undefined;
  readonly attempts: number | undefined;
  readonly service: string;
  readonly actions: readonly string[];
  readonly subject: string | undefined;
  readonly bucket: string | undefined;
  /** The client's. */
  readonly region: string | undefined;
  /** Where the bucket is; `another` when S3 does not tell. */
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

/** The SDK's names for an answer without an error code, such as one to a HEAD request. */
const NO_ERROR_CODE = /^(Unknown|UnknownError|Error|SyntaxError|\d{3})$/;

function readFacts(error: Error, call: CallContext): Facts {
  const status = httpStatusOf(error);
  const named = /not authorized to perform: ([\w-]+:\w+)/.exec(error.message)?.[1];
  const isAnswer = '$fault' in error || status !== undefined;
  const code = 'code' in error && !isAnswer ? String(error.code) : error.name;
  const attempts = (error as { $metadata?: { attempts?: number } }).$metadata?.attempts;
  return {
    error,
    code: NO_ERROR_CODE.test(code) ? undefined : code,
    reason: error.message.split('\n', 1)[0]?.trim().replace(/\.$/, '') || code,
    status,
    attempts,
    service: SERVICES[call.actions?.[0]?.split(':')[0] ?? ''] ?? 'AWS',
    actions: named === undefined ? (call.actions ?? []) : [named],
    subject: call.subject ?? (call.bucket === undefined ? undefined : `the bucket "${call.bucket}"`),
    bucket: call.bucket,
    region: call.region,
    bucketRegion: otherBucketRegion(error, status, call.region),
  };
}

const NO_CREDENTIALS = /^(CredentialsProviderError|TokenProviderError)$/;
const BAD_CREDENTIALS =
  /^(InvalidClientTokenId|InvalidAccessKeyId|UnrecognizedClientException|SignatureDoesNotMatch|InvalidSignatureException|IncompleteSignature(Exception)?|ExpiredToken(Exception)?|InvalidToken|TokenRefreshRequired|RequestExpired|MissingAuthenticationToken(Exception)?)$/;
const CLOCK_SKEW = /^(RequestTimeTooSkewed|RequestInTheFuture)$/;
/** Services other than S3 have no error code of its own for it. */
const CLOCK_SKEW_MESSAGE = /^Signature (expired|not yet current)/;
const DENIED =
  /^(AccessDenied(Exception)?|AuthorizationError|UnauthorizedOperation|NotAuthorized(Exception)?|Forbidden)$/;
const UNREACHABLE =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|TimeoutError|\w*CERT\w*|UNABLE_TO_VERIFY_LEAF_SIGNATURE)$/;
const BROKEN = /^(ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE)$/;
const THROTTLED = /Throttl|TooManyRequests|SlowDown|RequestLimitExceeded|PriorRequestNotComplete/;

/** Before any request; an empty variable such as `AWS_REGION=` counts as none. */
function isRegionMissing({ message }: Error): boolean {
  return message === 'Region is missing' || message.startsWith('Region not accepted: region="" ');
}

function kindOf({ error, code = '', status = 0, bucketRegion, service }: Facts): AwsFailureKind | undefined {
  if (NO_CREDENTIALS.test(error.name)) return 'credentials';
  if (isRegionMissing(error) || error.message.startsWith('Region not accepted:')) return 'no region';
  if (bucketRegion !== undefined) return 'wrong region';
  if (code === 'NoSuchBucket') return 'no such bucket';
  if (CLOCK_SKEW.test(code) || CLOCK_SKEW_MESSAGE.test(error.message)) return 'clock skew';
  if (BAD_CREDENTIALS.test(code)) return 'credentials';
  // Without the SDK's metadata and a known call, it may be another connection's: TMDB's, for instance.
  const isFromAws = '$metadata' in error || service !== 'AWS';
  if (isFromAws && BROKEN.test(code)) return 'broken connection';
  if (isFromAws && UNREACHABLE.test(code)) return 'unreachable';
  if (status === 429 || THROTTLED.test(code)) return 'throttled';
  // Lambda answers these with 502, but the cause is a KMS key that cannot be used.
  if (status >= 500 && !code.startsWith('KMS')) return 'unavailable';
  if (/^ *Deserialization error/m.test(error.message)) return 'not from AWS';
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
            'sign in with "aws sso login" or "aws configure", or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
        };
      }
      // The answer to HEAD has no body to give a reason in.
      if (code === undefined) {
        return {
          problem: 'S3 answered 400 without a reason, as it does to expired AWS credentials',
          advice: 'renew them',
        };
      }
      return {
        problem: `AWS does not accept the credentials (${code}: ${reason})`,
        advice: 'sign in again with "aws sso login", or set a valid access key with "aws configure"',
      };
    },
    denied: ({ actions, subject, reason }) => ({
      problem: `AWS denied ${actions.length === 0 ? `a call (${reason})` : actions.join(' or ')}${subject === undefined ? '' : ` on ${subject}`}`,
      advice: `give the identity that this runs as ${actions.length > 1 ? 'these permissions' : 'that permission'} (the README lists all of them)`,
    }),
    'no region': ({ error, reason }) => ({
      problem: isRegionMissing(error) ? 'no AWS region is set' : `the AWS region cannot be used (${reason})`,
      advice: 'set AWS_REGION, or give your profile a region with "aws configure"',
    }),
    'wrong region': ({ subject = 'the bucket', bucketRegion, region }) => {
      const used = region === undefined ? '' : `, not in "${region}"`;
      return bucketRegion === 'another'
        ? { problem: `${subject} is in another region${used}`, advice: 'set AWS_REGION' }
        : {
            problem: `${subject} is in the region "${bucketRegion}"${used}`,
            advice: `set AWS_REGION=${bucketRegion}`,
          };
    },
    'no such bucket': ({ bucket }) => ({
      problem: `there is no ${bucket === undefined ? 'such bucket' : `bucket "${bucket}"`}`,
      advice: 'check its name or make it with "tdd deploy"',
    }),
    'clock skew': () => ({
      problem: "this machine's clock is wrong by more than 15 minutes",
      advice: 'set it',
    }),
    unreachable: ({ service, reason }) => ({
      problem: `${service} cannot be reached (${reason})`,
      advice: 'check the network, the region and AWS_ENDPOINT_URL',
    }),
    'broken connection': ({ service, reason }) => ({
      problem: `the connection to ${service} broke (${reason})`,
      advice: 'try again',
    }),
    throttled: answered,
    unavailable: answered,
    'not from AWS': ({ service, status }) => ({
      problem: `something between here and ${service} answered in its place (HTTP ${status})`,
      advice: 'check the network, any proxy and AWS_ENDPOINT_URL',
    }),
    'other error': ({ actions, subject, code, status, reason }) => ({
      problem: `AWS refused ${actions[0] ?? 'a call'}${subject === undefined ? '' : ` for ${subject}`} (${code ?? `HTTP ${status}`}): ${reason}`,
    }),
  };

function answered({ service, status, code, attempts }: Facts): Pick<AwsFailure, 'problem' | 'advice'> {
  const what = [status, code].filter((part) => part !== undefined).join(' ');
  return {
    problem: `${service} answered ${what}${attempts === undefined ? '' : ` at attempt ${attempts}`}`,
    advice: 'try again later',
  };
}

/** The region of a bucket that is not where the client looked, `another` when S3 does not tell which. */
function otherBucketRegion(
  error: Error,
  status: number | undefined,
  clientRegion: string | undefined,
): string | undefined {
  const told = responseHeader(error, 'x-amz-bucket-region');
  if (status === 301 || error.name === 'PermanentRedirect') return told ?? 'another';
  if (error.name === 'AuthorizationHeaderMalformed' && 'Region' in error) return String(error.Region);
  if (error.name === 'IllegalLocationConstraintException') return told ?? 'another';
  // HeadBucket has no body to tell more: a region that differs is the reason of its 400.
  const differs = told !== undefined && clientRegion !== undefined && told !== clientRegion;
  return status === 400 && differs ? told : undefined;
}

/** Is this a service's answer of one of these names? */
export function isServiceError(error: unknown, ...names: readonly string[]): error is Error {
  return error instanceof Error && names.includes(error.name);
}

/** The answer of a call, or `undefined` when the service says (with one of these names) that there is none. */
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

/** Does an error of a service say this? */
export function serviceErrorMatches(error: unknown, name: string, pattern: RegExp): boolean {
  return isServiceError(error, name) && pattern.test(error.message);
}

/** The HTTP status that a service answered with, where an error came from an answer. */
export function httpStatusOf(error: unknown): number | undefined {
  const metadata = error instanceof Error && '$metadata' in error ? error.$metadata : undefined;
  const status = (metadata as { httpStatusCode?: unknown } | undefined)?.httpStatusCode;
  return typeof status === 'number' ? status : undefined;
}

/** A header of the HTTP answer that an error came from. */
export function responseHeader(error: unknown, name: string): string | undefined {
  const response = error instanceof Error && '$response' in error ? error.$response : undefined;
  const value = (response as { headers?: Record<string, unknown> } | undefined)?.headers?.[name];
  return typeof value === 'string' ? value : undefined;
}
