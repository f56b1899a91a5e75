import { Readable } from 'node:stream';
import type { S3Client } from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import type { ETag } from './lake.ts';

/** S3's least size of a part. Four under way, one filling and one copied are 30 MB; 10,000 of them are 50 GB. */
const PART_BYTES = 5 * 1024 * 1024;
const PARTS_AT_ONCE = 4;

/**
 * Uploads `source` as one object: in one request when it is small, else in parts. When `source` throws, the parts
 * under way are waited for, the upload is aborted, and that error (or the abort's own) is thrown.
 *
 * The upload's own abort controller is not used: its `done` then rejects before the parts are taken back.
 */
export async function uploadStream(
  target: {
    readonly s3: S3Client;
    readonly bucket: string;
    readonly key: string;
    readonly contentType: string;
  },
  source: AsyncIterable<Uint8Array>,
): Promise<ETag> {
  const upload = new Upload({
    client: target.s3,
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
