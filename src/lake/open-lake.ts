import { isAbsolute } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { parseBucketName } from '../bucket-name.ts';
import { InvalidValueError } from '../errors.ts';
import { quote } from '../text.ts';
import type { OnWait } from '../wait.ts';
import type { Lake } from './lake.ts';

/** The location of a lake. */
export type LakeLocation =
  | { readonly kind: 's3'; readonly bucket: string }
  | { readonly kind: 'directory'; readonly directory: string };

/**
 * Parses the place of a lake: `s3://bucket`, or a directory. What looks like a URL or begins with `~`, which no program
 * but the shell expands, would be a directory with a surprising name, so it needs `./` in front of it.
 * @throws {InvalidValueError} for a prefix in a bucket, an invalid bucket name, anything else that looks like a URL, a `~`,
 *   or an empty text. It says what to type instead.
 */
export function parseLakeUrl(text: string): LakeLocation {
  const url = text.trim();
  if (url === '') throw new InvalidValueError('The lake', 'must be a directory or s3://bucket (got "").');
  if (url.startsWith('~')) {
    const home = /^~(?=[/\\]|$)/.test(url)
      ? `${quote(`$HOME${url.slice(1)}`)} for your home directory, or `
      : '';
    throw new InvalidValueError(
      'The lake',
      `must not begin with "~" (got ${quote(url)}): use ${home}${quote(`./${url}`)} for a directory of that name.`,
    );
  }
  const [, scheme, slashes, rest = ''] = /^([a-z][a-z0-9+.-]*):(\/*)(.*)$/is.exec(url) ?? [];
  // On Windows, a path may begin with the letter of a drive.
  if (scheme === undefined || isAbsolute(url)) return { kind: 'directory', directory: text };
  if (scheme.toLowerCase() === 's3' && slashes === '//')
    return { kind: 's3', bucket: parseBucket(url, rest) };
  throw new InvalidValueError(
    'The lake',
    `must be a directory or s3://bucket (got ${quote(url)}): use ${suggestPlace(scheme, rest)}, or ${quote(`./${url}`)} for a directory of that name.`,
  );
}

function parseBucket(url: string, rest: string): string {
  const bucket = rest.replace(/\/$/, '');
  if (!bucket.includes('/')) return parseBucketName(bucket);
  throw new InvalidValueError(
    'The lake',
    `must be a bucket without a prefix, such as s3://${bucket.split('/')[0]} (got ${quote(url)}).`,
  );
}

/** What the author of another scheme may have meant. */
function suggestPlace(scheme: string, rest: string): string {
  const [first = ''] = rest.split(/[/\\]/);
  switch (scheme.toLowerCase()) {
    case 's3':
    case 's3a':
    case 's3n':
      return `${quote(`s3://${first || 'bucket'}`)} for a bucket`;
    case 'file':
      return `${quote(`/${rest}`)} for that directory`;
    default:
      return 's3://bucket for a bucket in S3';
  }
}

/**
 * Opens the lake at a location, without making a request. For a directory, `createS3` is not called and the S3 code is
 * not loaded.
 */
export async function openLake(
  {
    createS3,
    onWait,
  }: {
    readonly createS3: () => S3Client | Promise<S3Client>;
    readonly onWait?: OnWait | undefined;
  },
  location: LakeLocation,
): Promise<Lake> {
  if (location.kind === 'directory') {
    const { createDirectoryLake } = await import('./directory/directory-lake.ts');
    return createDirectoryLake({ directory: location.directory, onWait });
  }
  const [{ createS3Lake }, s3] = await Promise.all([import('./s3/s3-lake.ts'), createS3()]);
  return createS3Lake({ s3, bucket: location.bucket });
}
