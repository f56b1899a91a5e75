import { InvalidValueError, UsageError } from './errors.ts';
import { quote } from './text.ts';

/**
 * Prefixes and suffixes that AWS reserves for other kinds of S3 resources. `-an`, the suffix of buckets in an
 * account's own regional namespace, is not listed: those are general purpose buckets too.
 */
const RESERVED_PREFIXES = ['xn--', 'sthree-', 'amzn-s3-demo-'];
const RESERVED_SUFFIXES = ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3'];

/** Whether a place is in a bucket (`s3://bucket/prefix`), and not a directory. */
export function isBucketUrl(place: string): boolean {
  return place.startsWith('s3://');
}

/** The error when S3 denies access to a bucket. */
export function bucketDenied(name: string, cause: unknown): UsageError {
  return new UsageError(
    `Access to the bucket "${name}" is denied: it belongs to another AWS account, or the permission s3:ListBucket is missing. Choose another bucket, or grant this permission to the user or role in use.`,
    { cause },
  );
}

/**
 * Validates the name of a general purpose bucket and returns it unchanged.
 * The rules: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 * @throws {InvalidValueError} with the rule that the name breaks.
 */
export function parseBucketName(text: string): string {
  const rule = findBrokenRule(text);
  if (rule === undefined) return text;
  throw new InvalidValueError(
    'The bucket',
    `must be a valid S3 bucket name (got ${quote(text, 80)}): ${rule}.`,
  );
}

function findBrokenRule(name: string): string | undefined {
  if (name.length < 3 || name.length > 63) return `it must have 3 to 63 characters (it has ${name.length})`;
  if (/[^a-z0-9.-]/.test(name)) return 'it may contain only lowercase letters, digits, dots and hyphens';
  if (/^[.-]|[.-]$/.test(name)) return 'it must begin and end with a letter or digit';
  if (name.includes('..')) return 'it must not contain two dots in a row';
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return 'it must not be formatted like an IP address';
  const prefix = RESERVED_PREFIXES.find((reserved) => name.startsWith(reserved));
  if (prefix !== undefined) return `AWS reserves names that begin with "${prefix}"`;
  const suffix = RESERVED_SUFFIXES.find((reserved) => name.endsWith(reserved));
  if (suffix !== undefined) return `AWS reserves names that end with "${suffix}"`;
  return undefined;
}
