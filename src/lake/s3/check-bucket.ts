import { HeadBucketCommand, type S3Client } from '@aws-sdk/client-s3';
import { explainAwsError, httpStatusOf } from '../../aws/errors.ts';
import { UsageError } from '../../errors.ts';

/**
 * Checks that the bucket exists and these credentials may use it from the client's region.
 * @returns the bucket's region.
 * @throws {UsageError} when it is absent, refused, or in another region; otherwise {@link explainAwsError}'s errors.
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
    // Emulators may leave the region out.
    const region = BucketRegion ?? clientRegion ?? 'us-east-1';
    return { region };
  } catch (cause) {
    signal?.throwIfAborted();
    // The answer to HEAD does not have a body, only a status.
    if (httpStatusOf(cause) === 404)
      throw new UsageError(
        `The bucket "${bucket}" does not exist, so check its name, or create it with "tdd deploy".`,
        { cause },
      );
    if (httpStatusOf(cause) === 403)
      throw new UsageError(
        `The bucket "${bucket}" is another account's, or s3:ListBucket is denied to these credentials, so choose another name or have that permission granted.`,
        { cause },
      );
    const doing = `look at s3://${bucket}`;
    throw explainAwsError(cause, { doing, actions: ['s3:ListBucket'], bucket, region: clientRegion });
  }
}
