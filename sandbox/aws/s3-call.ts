import type { AwsAnswer, AwsCall } from './aws-call.ts';
import type { BucketFiles } from './bucket-files.ts';
import type { Bucket, World } from './world.ts';
import { XML_TYPE } from './xml.ts';

/** The state of S3. */
export interface S3Deps {
  readonly world: World;
  readonly files: BucketFiles;
  readonly uploads: Uploads;
  readonly now: () => number;
}

/** A call of S3 with its bucket and key. */
export interface S3Call extends AwsCall {
  readonly bucketName: string;
  readonly bucket: Bucket;
  /** Decoded; empty for the bucket itself. */
  readonly key: string;
}

/** An unfinished multipart upload. */
export interface Upload {
  readonly id: string;
  readonly bucket: string;
  readonly key: string;
  readonly label: { readonly contentType: string; readonly metadata: Record<string, string> };
  readonly parts: Map<number, Buffer>;
}

/** Unfinished multipart uploads. They exist only in memory and are lost when the sandbox stops. */
export interface Uploads {
  of(bucket: string): readonly { readonly id: string; readonly key: string }[];
  readonly byId: Map<string, Upload>;
}

export function createUploads(): Uploads {
  const byId = new Map<string, Upload>();
  return { byId, of: (bucket) => [...byId.values()].filter((upload) => upload.bucket === bucket) };
}

export function xmlAnswer(body: string): AwsAnswer {
  return { status: 200, headers: { 'content-type': XML_TYPE }, body };
}
