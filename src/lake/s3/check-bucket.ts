import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { explainAwsError, httpStatusOf } from '../../aws/errors.ts';
import { bucketDenied } from '../../bucket-name.ts';
import { BucketMissingError } from '../lake.ts';

/**
 * Checks that a bucket exists, that the credentials give access to it, and that it is in the client's region.
 * @returns the region of the bucket.
 * @throws {BucketMissingError} when the bucket does not exist, `UsageError` when access is denied or it is in
 *   another region.
 * @throws the errors of {@link explainAwsError} for other failures.
 */
export async function checkBucket(
  { s3, bucket }: { readonly s3: S3Client; readonly bucket: string },
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<{ readonly region: string }> {
  signal?.throwIfAborted();
  const clientRegion = await s3.config.region().catch(() => undefined);
  try {
    const command = new HeadBucketCommand({ Bucket: bucket });
    const { BucketRegion } = await s3.send(command, signal ? { abortSignal: signal } : {});
    // Some emulators omit the region.
    const region = BucketRegion ?? clientRegion ?? 'us-east-1';
    return { region };
  } catch (cause) {
    signal?.throwIfAborted();
    // The response to a HEAD request has only a status, without an error code in a body.
    if (httpStatusOf(cause) === 404)
      throw new BucketMissingError(
        `The bucket "${bucket}" does not exist: check its name, or create it with "tdd deploy".`,
        { cause },
      );
    if (httpStatusOf(cause) === 403) throw bucketDenied(bucket, cause);
    const doing = `access s3://${bucket}`;
    throw explainAwsError(cause, { doing, actions: ['s3:ListBucket'], bucket, region: clientRegion });
  }
}
