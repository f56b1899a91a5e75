import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import type { Trace } from '../trace.ts';
import { clientConfig, DEFAULT_TIMEOUTS, traceCalls } from './client-config.ts';
import { explainMissingCredentials } from './credentials.ts';
import { readS3Endpoint } from './endpoints.ts';

/**
 * Creates the S3 client of a process. Credentials, profile and region come from the SDK's default chain. With a custom
 * endpoint (from `env` or the profile) it uses path-style addresses, because emulators have no host name per bucket.
 *
 * Optional checksums are off: the SDK would compute them in JavaScript over the 210 MB of a snapshot, not every
 * S3-compatible store supports them, and TLS and the request signature already protect the transfer.
 * @param overrides take precedence over everything else: a region, or a test's endpoint and credentials.
 * @throws {UsageError} for an endpoint in `env` that is not an http or https URL.
 */
export function createS3Client(
  {
    env,
    trace,
  }: { readonly env: Readonly<Record<string, string | undefined>>; readonly trace?: Trace | undefined },
  overrides: S3ClientConfig = {},
): S3Client {
  const endpoint = readS3Endpoint(env);
  const s3 = new S3Client({
    ...clientConfig(DEFAULT_TIMEOUTS),
    ...(endpoint === undefined ? {} : { endpoint }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
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
  return traceCalls(explainMissingCredentials(s3, env.AWS_PROFILE || undefined), trace);
}
