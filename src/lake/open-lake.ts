import { isAbsolute } from 'node:path';
import type { S3Client } from '@aws-sdk/client-s3';
import { parseBucketName } from '../bucket-name.ts';
import { InvalidValueError } from '../errors.ts';
import { quote } from '../text.ts';
import type { OnWait } from '../wait.ts';
import type { Lake } from './lake.ts';
import { withPrefix } from './with-prefix.ts';

/** The location of a lake, or of an export, which can also be below a key prefix in a bucket. */
export type LakeLocation =
  | { readonly kind: 's3'; readonly bucket: string; readonly prefix?: string }
  | { readonly kind: 'directory'; readonly directory: string };

/**
 * Parses the place of a lake: `s3://bucket`, or a directory. What looks like a URL or begins with `~`, which no program
 * but the shell expands, would be a directory with a surprising name, so it needs `./` in front of it.
 * @throws {InvalidValueError} for a prefix in a bucket, an invalid bucket name, anything else that looks like a URL, a `~`,
 *   or an empty text. It says what to type instead.
 */
export function parseLakeUrl(text: string): LakeLocation {
  return parsePlace(text, { subject: 'The lake', s3Form: 's3://bucket', parseS3: parseBucket });
}

/**
 * Parses the destination of an export: `s3://bucket/prefix`, `s3://bucket`, or a directory. The other rules are those of
 * {@link parseLakeUrl}.
 * @throws {InvalidValueError} as `parseLakeUrl`, and for a prefix with an empty, `.` or `..` segment.
 */
export function parseDestination(text: string): LakeLocation {
  const form = { subject: 'The destination', s3Form: 's3://bucket/prefix', parseS3: parseBucketAndPrefix };
  return parsePlace(text, form);
}

interface PlaceForm {
  readonly subject: string;
  /** How a place in S3 is written. */
  readonly s3Form: string;
  /** @param rest what follows `s3://`. */
  readonly parseS3: (url: string, rest: string) => LakeLocation;
}

function parsePlace(text: string, { subject, s3Form, parseS3 }: PlaceForm): LakeLocation {
  const url = text.trim();
  if (url === '') throw new InvalidValueError(subject, `must be a directory or ${s3Form} (got "").`);
  if (url.startsWith('~')) {
    const home = /^~(?=[/\\]|$)/.test(url)
      ? `${quote(`$HOME${url.slice(1)}`)} for your home directory, or `
      : '';
    throw new InvalidValueError(
      subject,
      `must not begin with "~" (got ${quote(url)}): use ${home}${quote(`./${url}`)} for a directory of that name.`,
    );
  }
  const [, scheme, slashes, rest = ''] = /^([a-z][a-z0-9+.-]*):(\/*)(.*)$/is.exec(url) ?? [];
  // On Windows, a path may begin with the letter of a drive.
  if (scheme === undefined || isAbsolute(url)) return { kind: 'directory', directory: text };
  if (scheme.toLowerCase() === 's3' && slashes === '//') return parseS3(url, rest);
  throw new InvalidValueError(
    subject,
    `must be a directory or ${s3Form} (got ${quote(url)}): use ${suggestPlace(scheme, rest)}, or ${quote(`./${url}`)} for a directory of that name.`,
  );
}

function parseBucket(url: string, rest: string): LakeLocation {
  const bucket = rest.replace(/\/$/, '');
  if (!bucket.includes('/')) return { kind: 's3', bucket: parseBucketName(bucket) };
  throw new InvalidValueError(
    'The lake',
    `must be a bucket without a prefix, such as s3://${bucket.split('/')[0]} (got ${quote(url)}).`,
  );
}

function parseBucketAndPrefix(url: string, rest: string): LakeLocation {
  const [bucket = '', ...segments] = rest.replace(/\/$/, '').split('/');
  const location = { kind: 's3', bucket: parseBucketName(bucket) } as const;
  if (segments.length === 0) return location;
  if (!segments.some((segment) => ['', '.', '..'].includes(segment)))
    return { ...location, prefix: segments.join('/') };
  throw new InvalidValueError(
    'The destination',
    `must not have an empty segment, "." or ".." between its slashes (got ${quote(url)}).`,
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
  const lake = createS3Lake({ s3, bucket: location.bucket });
  return location.prefix === undefined ? lake : withPrefix(lake, location.prefix);
}
