import {
  AbortMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectsCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
} from '@aws-sdk/client-s3';
import type { AwsClients } from '../../aws/clients.ts';
import { isServiceError, undefinedIfNotFound } from '../../aws/errors.ts';
import type { Clock } from '../../clock.ts';
import { UserError } from '../../errors.ts';
import { formatNumberOf } from '../../text.ts';
import { retryWhile } from '../wait.ts';

export interface EmptyBucketOptions {
  /** Called after each page, with the number of versions that were deleted so far. */
  readonly onProgress?: ((removed: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Deletes a bucket with its contents: objects, their versions, delete markers and incomplete multipart uploads.
 * Idempotent: succeeds when the bucket does not exist.
 * @throws {UserError} naming an object that S3 did not delete; the signal's reason when aborted.
 */
export async function deleteBucketWithData(
  deps: { readonly s3: AwsClients['s3']; readonly clock: Clock },
  bucket: string,
  options: EmptyBucketOptions = {},
): Promise<void> {
  const { s3, clock } = deps;
  await retryWhile(
    { clock },
    { timeoutMs: 60_000 },
    // A running worker can write an object after the bucket was listed.
    (error) => isServiceError(error, 'BucketNotEmpty'),
    async () => {
      await deleteVersions(s3, bucket, options);
      await abortUploads(s3, bucket, options);
      await undefinedIfNotFound(s3.send(new DeleteBucketCommand({ Bucket: bucket })), NOT_FOUND);
    },
  );
}

const NOT_FOUND = 'NoSuchBucket';

async function deleteVersions(
  s3: AwsClients['s3'],
  bucket: string,
  { onProgress, signal }: EmptyBucketOptions,
): Promise<void> {
  let removed = 0;
  // Always read the first page: its objects are deleted before the next request.
  for (;;) {
    signal?.throwIfAborted();
    const page = await undefinedIfNotFound(
      s3.send(new ListObjectVersionsCommand({ Bucket: bucket })),
      NOT_FOUND,
    );
    const found = [...(page?.Versions ?? []), ...(page?.DeleteMarkers ?? [])];
    const Objects = found.map(({ Key, VersionId }) => ({ Key: Key ?? '', VersionId }));
    if (Objects.length === 0) return;
    const answer = await s3.send(
      new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
    );
    const failure = answer.Errors?.[0];
    if (failure) {
      throw new UserError(
        `S3 did not delete ${formatNumberOf(answer.Errors?.length ?? 1, 'object')} in the bucket ${JSON.stringify(bucket)}, such as ${JSON.stringify(failure.Key)} (${failure.Code}: ${failure.Message}): check the permission s3:DeleteObjectVersion, and whether objects are locked.`,
      );
    }
    removed += Objects.length;
    onProgress?.(removed);
  }
}

async function abortUploads(
  s3: AwsClients['s3'],
  bucket: string,
  { signal }: EmptyBucketOptions,
): Promise<void> {
  for (;;) {
    signal?.throwIfAborted();
    const page = await undefinedIfNotFound(
      s3.send(new ListMultipartUploadsCommand({ Bucket: bucket })),
      NOT_FOUND,
    );
    const uploads = page?.Uploads ?? [];
    if (uploads.length === 0) return;
    for (const { Key, UploadId } of uploads) {
      const command = new AbortMultipartUploadCommand({ Bucket: bucket, Key, UploadId });
      await undefinedIfNotFound(s3.send(command), 'NoSuchUpload');
    }
  }
}
