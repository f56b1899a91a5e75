import { UserError } from '../errors.ts';
import { aroundCalls, type Call, type DeployClients } from './clients.ts';
import { permissionOf, subjectOf } from './permissions.ts';
import { httpStatusOf } from './service-errors.ts';

/** AWS denied a call: the message names the permission that is missing. */
export class DeniedError extends UserError {
  override readonly name = 'DeniedError';
}

/**
 * The same clients, with errors that a person can act upon: missing credentials, a denied action and a network
 * that is not there come as one sentence. Other answers of a service are thrown as they are (resources look at
 * their names), and {@link toUserError} can make a sentence of them later.
 * @param secrets values that appear in no message, whatever a service answers.
 */
export function withClearErrors(clients: DeployClients, secrets: readonly string[] = []): DeployClients {
  return aroundCalls(clients, async (call, next) => {
    try {
      return await next();
    } catch (error) {
      if (!(error instanceof Error) || error instanceof UserError) throw error;
      hide(error, secrets);
      failedCalls.set(error, call);
      throw knownError(error, call) ?? error;
    }
  });
}

/** A service's answer as one sentence; other errors (bugs, and those that are sentences already) as they are. */
export function toUserError(error: unknown): unknown {
  const call = error instanceof Error ? failedCalls.get(error) : undefined;
  if (!(error instanceof Error) || !call || !('$fault' in error)) return error;
  return new UserError(
    `AWS refused ${permissionOf(call)} for ${subjectOf(call)} (${error.name}): ${sentence(error.message)}`,
    { cause: error },
  );
}

const failedCalls = new WeakMap<Error, Call>();

function knownError(error: Error, call: Call): UserError | undefined {
  if (CREDENTIALS.has(error.name)) {
    return new UserError(
      `AWS takes no credentials from here (${error.name}): ${sentence(error.message)} Sign in with "aws configure" or "aws sso login", or set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
      { cause: error },
    );
  }
  if (isDenied(error, call)) {
    const denied = /not authorized to perform: ([\w-]+:\w+)/.exec(error.message)?.[1] ?? permissionOf(call);
    return new DeniedError(
      `AWS denied ${denied} on ${subjectOf(call)}: the identity that this runs as needs that permission (the README lists all of them).`,
      { cause: error },
    );
  }
  const code = 'code' in error ? String(error.code) : error.name;
  if (NETWORK.has(code)) {
    return new UserError(
      `AWS's ${call.service} cannot be reached from here (${code}): check the network, the region and AWS_ENDPOINT_URL.`,
      { cause: error },
    );
  }
  return undefined;
}

const CREDENTIALS: ReadonlySet<string> = new Set([
  'CredentialsProviderError',
  'TokenProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'InvalidAccessKeyId',
  'InvalidSignatureException',
  'IncompleteSignature',
  'RequestExpired',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);

const NETWORK: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ETIMEDOUT',
  'ECONNRESET',
  'TimeoutError',
]);

/** Each service has its own word for a denial; HeadBucket's answer has no body, so only its status tells. */
function isDenied(error: Error, { operation }: Call): boolean {
  if (
    /^(AccessDenied|AccessDeniedException|AuthorizationError|UnauthorizedOperation|Forbidden)$/.test(
      error.name,
    )
  ) {
    return true;
  }
  return operation === 'HeadBucket' && httpStatusOf(error) === 403;
}

function hide(error: Error, secrets: readonly string[]): void {
  for (const secret of secrets) {
    if (secret === '') continue;
    error.message = error.message.replaceAll(secret, '(hidden)');
    if (error.stack) error.stack = error.stack.replaceAll(secret, '(hidden)');
  }
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}
