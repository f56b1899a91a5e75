import { UsageError, UserError } from '../errors.ts';

/** The parts of the SDK's errors that are used here; each can be absent. */
interface SdkError extends Error {
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

const DENIED = /AccessDenied|NotAuthorized|^Forbidden/;
const BAD_CREDENTIALS =
  /^(InvalidClientTokenId|UnrecognizedClientException|SignatureDoesNotMatch|ExpiredToken|ExpiredTokenException|InvalidAccessKeyId|IncompleteSignature)$/;
const UNREACHABLE =
  /^(ENOTFOUND|EAI_AGAIN|ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|TimeoutError|ECONNRESET|EPIPE)$/;

/**
 * Turns what the SDK threw at a call of SQS or Lambda into one sentence for people, with the SDK's error as its
 * cause. What it does not know comes back as it is.
 * @param doing after "Cannot": `send to the queue "q"`.
 */
export function explainAwsError(cause: unknown, doing: string): unknown {
  if (!(cause instanceof Error) || cause instanceof UserError) return cause;
  const error = cause as SdkError;
  const { name, code = name } = error;
  const reason = error.message.split('\n', 1)[0]?.replace(/\.$/, '') || code;
  if (name === 'CredentialsProviderError') {
    return new UserError(
      `Cannot ${doing}: there are no valid AWS credentials, so set AWS_PROFILE or AWS_ACCESS_KEY_ID, or sign in with "aws sso login" (${reason}).`,
      { cause },
    );
  }
  if (error.message === 'Region is missing') {
    return new UsageError(`Cannot ${doing}: no AWS region is set, so set AWS_REGION or a profile's region.`, {
      cause,
    });
  }
  if (BAD_CREDENTIALS.test(name)) {
    return new UserError(`Cannot ${doing}: AWS does not accept the credentials (${name}), so renew them.`, {
      cause,
    });
  }
  if (DENIED.test(name) || error.$metadata?.httpStatusCode === 403) {
    return new UserError(`Cannot ${doing}: AWS refused it to these credentials (${reason}).`, { cause });
  }
  if (UNREACHABLE.test(code) || UNREACHABLE.test(name)) {
    return new UserError(
      `Cannot ${doing}: AWS cannot be reached (${reason}), so check the network, the region and AWS_ENDPOINT_URL.`,
      { cause },
    );
  }
  const status = error.$metadata?.httpStatusCode ?? 0;
  if (status >= 500 || status === 429 || /Throttl|TooManyRequests/.test(name)) {
    return new UserError(`Cannot ${doing}: AWS answered ${status} ${name}, so try again later.`, { cause });
  }
  return cause;
}
