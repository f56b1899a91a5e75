import { Readable } from 'node:stream';
import { AbortMultipartUploadCommand, type S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { ETag } from '../lake.ts';

/** S3's minimum size of a part. Four in flight, one being filled and one copied are 30 MB; 10,000 are 50 GB. */
const PART_BYTES = 5 * 1024 * 1024;
const PARTS_AT_ONCE = 4;
/** How long aborting the upload may take after Ctrl-C. Our buckets delete what remains after a day. */
const CLEAN_UP_MS = 10_000;

/**
 * Uploads `source` as one object: in one request when it is small, else in parts. When `source` throws, it waits for
 * the parts in flight, aborts the upload, and throws that error (or the abort's own). `signal` ends all requests except
 * that last one.
 *
 * The upload's own abort controller is not used: its `done` then rejects before the parts are deleted.
 */
export async function uploadStream(
  target: {
    readonly s3: S3Client;
    readonly bucket: string;
    readonly key: string;
    readonly contentType: string;
  },
  source: AsyncIterable<Uint8Array>,
  signal: AbortSignal | undefined,
): Promise<ETag> {
  const upload = new Upload({
    client: abortable(target.s3, signal),
    params: {
      Bucket: target.bucket,
      Key: target.key,
      Body: Readable.from(source, { objectMode: true, highWaterMark: 1 }),
      ContentType: target.contentType,
    },
    partSize: PART_BYTES,
    queueSize: PARTS_AT_ONCE,
  });
  const { ETag } = await upload.done();
  if (ETag === undefined) throw new Error('S3 completed an upload without an ETag.');
  return ETag;
}

/** The same client, for `Upload`, which does not pass a signal to its requests. */
function abortable(s3: S3Client, signal: AbortSignal | undefined): S3Client {
  if (signal === undefined) return s3;
  const send = (command: Parameters<S3Client['send']>[0]) => {
    const cleansUp = command instanceof AbortMultipartUploadCommand;
    return s3.send(command, { abortSignal: cleansUp ? AbortSignal.timeout(CLEAN_UP_MS) : signal });
  };
  return Object.create(s3, { send: { value: send } });
}
