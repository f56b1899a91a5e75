import { UsageError, UserError } from '../errors.ts';

/** What was asked of S3 when it went wrong. */
export interface S3Action {
  readonly bucket: string;
  /** Absent when the whole bucket was asked for. */
  readonly key?: string;
  /** For people, after "Cannot": `read s3://bucket/key`. */
  readonly doing: string;
  /** What the credentials need for it, in IAM's words: `s3:GetObject`. */
  readonly permission: string;
  /** The region of the client, for a bucket that is elsewhere. */
  readonly region?: string | undefined;
}

/** The parts of the SDK's errors that are used here; each can be absent. */
interface SdkError extends Error {
  readonly code?: string;
  readonly Region?: string;
  readonly hostname?: string;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly attempts?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
}

const UNREACHABLE = /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|TimeoutError)$/;
const BROKEN = /^(ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE)$/;
const BAD_CREDENTIALS =
  /^(InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidToken|TokenRefreshRequired|RequestExpired)$/;

/** The HTTP status of S3's refusal, or `undefined` when no answer came. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error ? (error as SdkError).$metadata?.httpStatusCode : undefined;
}

/**
 * Turns what the SDK threw into one sentence for people, with the SDK's error as its cause. What it does not know
 * comes back as it is. A refusal (403) always stays an error: it never means "absent".
 */
export function explainS3Error(cause: unknown, action: S3Action): unknown {
  if (!(cause instanceof Error) || cause instanceof UserError) return cause;
  const error = cause as SdkError;
  const { name, code = name } = error;
  const { bucket, doing, permission } = action;
  const status = statusOf(error);
  const reason = error.message.split('\n', 1)[0]?.replace(/\.$/, '') || code;
  const attempts = error.$metadata?.attempts ?? 1;
  const say = (sentence: string) => new UserError(`Cannot ${doing}: ${sentence}.`, { cause });

  if (name === 'CredentialsProviderError')
    return say(
      `there are no valid AWS credentials, so set AWS_PROFILE or AWS_ACCESS_KEY_ID, or sign in with "aws sso login" (${reason})`,
    );
  if (error.message === 'Region is missing')
    return new UsageError(`Cannot ${doing}: no AWS region is set, so set AWS_REGION or a profile's region.`, {
      cause,
    });
  const elsewhere = regionElsewhere(error, status, action.region);
  if (elsewhere !== undefined) return elsewhereError(action, elsewhere, cause);
  if (name === 'NoSuchBucket')
    return say(`there is no bucket "${bucket}", so check its name or make it with "tdd deploy"`);
  if (BAD_CREDENTIALS.test(name))
    return say(`S3 does not accept the AWS credentials (${name}), so renew or replace them`);
  if (name === 'RequestTimeTooSkewed')
    return say("this machine's clock is wrong by more than 15 minutes, so set it");
  if (status === 403)
    return say(
      `S3 refused it on the bucket "${bucket}" (403), so give these credentials the permission ${permission}`,
    );
  if (UNREACHABLE.test(code) || UNREACHABLE.test(name))
    return say(`S3 cannot be reached (${reason}), so check the network, the region and AWS_ENDPOINT_URL`);
  if (BROKEN.test(code)) return say(`the connection to S3 broke (${reason}), so try again`);
  if (status === undefined) return cause;
  if (status >= 500 || status === 429)
    return say(`S3 answered ${status} ${name} at attempt ${attempts}, so try again later`);
  // HEAD has no body to give a reason in.
  if (status === 400 && name === 'Unknown')
    return say('S3 answered 400 without a reason, as it does to expired AWS credentials, so renew them');
  return status >= 400 ? say(`S3 answered ${status} ${name} (${reason})`) : cause;
}

/** The region of a bucket that is not where the client looked, `'another'` when S3 does not tell which. */
function regionElsewhere(
  error: SdkError,
  status: number | undefined,
  clientRegion: string | undefined,
): string | undefined {
  const told = error.$response?.headers?.['x-amz-bucket-region'];
  if (status === 301 || error.name === 'PermanentRedirect') return told ?? 'another';
  if (error.name === 'AuthorizationHeaderMalformed' && error.Region) return error.Region;
  if (error.name === 'IllegalLocationConstraintException') return told ?? 'another';
  // HeadBucket has no body to tell more: a region that differs is the reason of its 400.
  if (status === 400 && told !== undefined && told !== clientRegion) return told;
  return undefined;
}

function elsewhereError({ bucket, doing, region }: S3Action, elsewhere: string, cause: Error): UsageError {
  const used = region === undefined ? '' : `, not in "${region}"`;
  return elsewhere === 'another'
    ? new UsageError(
        `Cannot ${doing}: the bucket "${bucket}" is in another region${used}, so set AWS_REGION.`,
        { cause },
      )
    : new UsageError(
        `Cannot ${doing}: the bucket "${bucket}" is in the region "${elsewhere}"${used}, so set AWS_REGION=${elsewhere}.`,
        { cause },
      );
}
