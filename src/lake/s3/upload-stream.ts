import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  HeadObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { Upload } from '@aws-sdk/lib-storage';
import { isServiceError } from '../../aws/errors.ts';
import type { ETag } from '../lake.ts';
import { etagOf, NotS3Error } from './not-s3-error.ts';

/** S3's minimum part size. With four parts in flight, one being filled and one copied, this takes 30 MB; 10,000 parts are 50 GB. */
const PART_BYTES = 5 * 1024 * 1024;
const PARTS_AT_ONCE = 4;
/** The time limit for aborting the upload after Ctrl-C. Buckets created by `tdd` delete unfinished uploads after a day. */
const CLEAN_UP_MS = 10_000;

/**
 * Uploads `source` as one object: in a single request if it is small, otherwise as a multipart upload. If `source` throws,
 * waits for the parts in flight, aborts the upload, and throws that error (or the error of the abort). `signal` aborts all
 * requests except the one that aborts the upload.
 *
 * This does not use the abort controller of `Upload`, because `done()` would then reject before the parts are deleted.
 * @returns the version of the new object.
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
  let sizeBytes = 0;
  async function* counted(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      sizeBytes += chunk.length;
      yield chunk;
    }
  }
  const upload = new Upload({
    client: abortable(target.s3, signal, () => sizeBytes),
    params: {
      Bucket: target.bucket,
      Key: target.key,
      Body: Readable.from(counted(), { objectMode: true, highWaterMark: 1 }),
      ContentType: target.contentType,
    },
    partSize: PART_BYTES,
    queueSize: PARTS_AT_ONCE,
  });
  const answer = await upload.done().catch((error: unknown) => {
    // The text of `Upload` blames the CORS configuration of a browser.
    throw error instanceof Error && /missing ETag/.test(error.message) ? new NotS3Error('ETag') : error;
  });
  return etagOf(answer);
}

/** Wraps the client so that every request gets the signal, which `Upload` does not pass on. */
function abortable(s3: S3Client, signal: AbortSignal | undefined, sizeBytes: () => number): S3Client {
  const send = async (command: Parameters<S3Client['send']>[0]) => {
    const isCleanUp = command instanceof AbortMultipartUploadCommand;
    const abortSignal = isCleanUp ? AbortSignal.timeout(CLEAN_UP_MS) : signal;
    const options = abortSignal === undefined ? {} : { abortSignal };
    try {
      return await s3.send(command, options);
    } catch (error) {
      // The error that ended the upload says more. A lifecycle rule of the bucket deletes the parts.
      if (isCleanUp) return {};
      if (!(command instanceof CompleteMultipartUploadCommand)) throw error;
      if (!isServiceError(error, 'NoSuchUpload')) throw error;
      return await findCompleted(s3, command, sizeBytes(), options).catch(() => Promise.reject(error));
    }
  };
  return Object.create(s3, { send: { value: send } });
}

/**
 * Finds the object of an upload that a first request has completed, when its response was lost and the retry gets
 * `NoSuchUpload`. The ETag of a multipart upload ends with the number of its parts.
 * @throws Error when the object is not that of the upload.
 */
async function findCompleted(
  s3: S3Client,
  { input: { Bucket, Key, MultipartUpload } }: CompleteMultipartUploadCommand,
  sizeBytes: number,
  options: { readonly abortSignal?: AbortSignal },
) {
  const object = await s3.send(new HeadObjectCommand({ Bucket, Key }), options);
  const parts = MultipartUpload?.Parts?.length;
  if (object.ContentLength !== sizeBytes || !object.ETag?.endsWith(`-${parts}"`))
    throw new Error('Another object.');
  return { ...object, Bucket, Key };
}
