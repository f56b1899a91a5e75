import type { S3Client } from '@aws-sdk/client-s3';
import { parseBucketName } from '../bucket-name.ts';
import { InvalidValueError } from '../errors.ts';
import { quote } from '../text.ts';
import type { Lake } from './lake.ts';

/** The location of a lake. */
export type LakeLocation =
  | { readonly kind: 's3'; readonly bucket: string }
  | { readonly kind: 'directory'; readonly directory: string };

/**
 * Parses the place of a lake: `s3://bucket`, or a directory.
 * @throws {InvalidValueError} for a prefix in a bucket, an invalid bucket name, another scheme, or an empty text.
 */
export function parseLakeUrl(text: string): LakeLocation {
  const url = text.trim();
  if (url === '') throw new InvalidValueError('The lake', 'must be a directory or s3://bucket (got "").');
  const [, scheme, rest] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(url) ?? [];
  if (scheme === undefined || rest === undefined) return { kind: 'directory', directory: text };
  if (scheme.toLowerCase() !== 's3')
    throw new InvalidValueError('The lake', `must be a directory or s3://bucket (got ${quote(url)}).`);
  const bucket = rest.replace(/\/$/, '');
  if (bucket.includes('/'))
    throw new InvalidValueError(
      'The lake',
      `must be a bucket without a prefix, such as s3://${bucket.split('/')[0]} (got ${quote(url)}).`,
    );
  return { kind: 's3', bucket: parseBucketName(bucket) };
}

/**
 * Opens the lake at a location, without making a request. For a directory, `createS3` is not called and the S3 code is
 * not loaded.
 */
export async function openLake(
  { createS3 }: { readonly createS3: () => S3Client | Promise<S3Client> },
  location: LakeLocation,
): Promise<Lake> {
  if (location.kind === 'directory') {
    const { createDirectoryLake } = await import('./directory/directory-lake.ts');
    return createDirectoryLake({ directory: location.directory });
  }
  const [{ createS3Lake }, s3] = await Promise.all([import('./s3/s3-lake.ts'), createS3()]);
  return createS3Lake({ s3, bucket: location.bucket });
}
