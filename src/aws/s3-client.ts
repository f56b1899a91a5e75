import {
  type GetObjectCommandInput,
  type GetObjectCommandOutput,
  S3Client,
  type S3ClientConfig,
} from '@aws-sdk/client-s3';
import type { CredentialProvider } from './client-config.ts';
import { clientConfig, DEFAULT_TIMEOUTS, traceCalls, wrapCalls } from './client-config.ts';
import { explainMissingCredentials } from './credentials.ts';
import { readS3Endpoint } from './endpoints.ts';
import { resumeBody } from './resume-body.ts';
import { type RetryDeps, startRetries } from './s3-retries.ts';

/** What an S3 client needs. */
interface S3ClientDeps extends RetryDeps {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Those that the clients of a process share. */
  readonly credentials?: CredentialProvider | undefined;
}

/**
 * Creates the S3 client of a process. Credentials, profile and region come from the SDK's default chain. With a custom
 * endpoint (from `env` or the profile) it uses path-style addresses, because emulators have no host name per bucket.
 *
 * Writes have the SDK's default checksum (CRC32), which buckets with Object Lock demand; AWS_REQUEST_CHECKSUM_CALCULATION
 * turns it off for stores that do not support it. Reads are not verified, because the SDK would hash the 210 MB of a
 * snapshot once more, whose gzip format has its own checksum.
 *
 * Calls are retried until S3 has failed for two minutes, see {@link startRetries}.
 * @param overrides take precedence over everything else: a region, or a test's endpoint and credentials.
 * @throws {UsageError} for an endpoint in `env` that is not an http or https URL.
 */
export function createS3Client(deps: S3ClientDeps, overrides: S3ClientConfig = {}): S3Client {
  const { credentials, env, trace } = deps;
  const endpoint = readS3Endpoint(env);
  const s3 = new S3Client({
    ...clientConfig(DEFAULT_TIMEOUTS, env, credentials),
    ...(endpoint === undefined ? {} : { endpoint }),
    responseChecksumValidation: 'WHEN_REQUIRED',
    // The SDK's retries would multiply ours. They are limited in number, and concurrent calls share a quota.
    maxAttempts: 1,
    // With "Expect: 100-continue", the SDK opens a new connection for each part of an upload.
    expectContinueHeader: false,
    ...overrides,
  });
  // The SDK reads a profile's endpoint only when it makes the first request.
  const { endpointProvider } = s3.config;
  s3.config.endpointProvider = (request, context) =>
    endpointProvider(
      request.Endpoint === undefined ? request : { ...request, ForcePathStyle: true },
      context,
    );
  // The first wrapper is the outermost: each attempt is traced.
  return traceCalls(retryCalls(explainMissingCredentials(s3, env.AWS_PROFILE || undefined), deps), trace);
}

/** Retries the calls of a client, and continues the bodies of objects where their connection broke off. */
function retryCalls(s3: S3Client, deps: RetryDeps): S3Client {
  const endpoint = { hasAnswered: false };
  return wrapCalls(s3, 'retryCalls', (next, { commandName, __smithy_context: options }) => async (args) => {
    const retries = startRetries(deps, endpoint, options?.abortSignal);
    const load = () => s3.config.credentials();
    // Repeated only when they have expired during a run, because each attempt may ask for an MFA code.
    await (endpoint.hasAnswered ? retries.run(load) : load());
    if (commandName !== 'GetObjectCommand') return retries.run(() => next(args));
    const input = args.input as GetObjectCommandInput;
    const get = async (range: Partial<GetObjectCommandInput>): Promise<GetObjectCommandOutput> => {
      const { output } = await next({ ...args, input: { ...input, ...range } });
      return output as GetObjectCommandOutput;
    };
    const output = await retries.run(() => get({}));
    return { output: { ...output, Body: resumeBody(output, input, get, retries) } };
  });
}
