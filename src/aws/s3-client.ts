import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { clientConfig, PATIENT } from './client-config.ts';

/**
 * Makes the S3 client of a process: credentials, profile and region from the SDK's own chain, and path style where `env` or the profile names a custom endpoint (stand-ins have no host name per bucket).
 * `overrides` win over all of it: a region, or a test's endpoint and credentials.
 *
 * Checksums beyond the required ones are off: a whole snapshot would be summed up in JavaScript when it is read,
 * not every store that speaks S3 knows them, and TLS and the signature guard the way already.
 */
export function createS3Client(
  { env }: { readonly env: Readonly<Record<string, string | undefined>> },
  overrides: S3ClientConfig = {},
): S3Client {
  const endpoint = readEndpoint(env);
  const s3 = new S3Client({
    ...clientConfig(PATIENT),
    ...(endpoint === undefined ? {} : { endpoint }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // "Expect: 100-continue" would open a connection of its own for each part of an upload.
    expectContinueHeader: false,
    ...overrides,
  });
  // The SDK reads a profile's endpoint at the first request only.
  const { endpointProvider } = s3.config;
  s3.config.endpointProvider = (request, context) =>
    endpointProvider(
      request.Endpoint === undefined ? request : { ...request, ForcePathStyle: true },
      context,
    );
  return s3;
}

/** The service's own variable comes first: https://docs.aws.amazon.com/sdkref/latest/guide/feature-ss-endpoints.html */
function readEndpoint(env: Readonly<Record<string, string | undefined>>): string | undefined {
  if (env.AWS_IGNORE_CONFIGURED_ENDPOINT_URLS?.toLowerCase() === 'true') return undefined;
  return env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || undefined;
}
