import { UsageError } from './errors.ts';
import { quote } from './text.ts';

/**
 * Names of other kinds of S3 resources. `-an`, the suffix of buckets in an account's own regional namespace, is
 * not among them: those are buckets like any other.
 */
const RESERVED_PREFIXES = ['xn--', 'sthree-', 'amzn-s3-demo-'];
const RESERVED_SUFFIXES = ['-s3alias', '--ol-s3', '.mrap', '--x-s3', '--table-s3'];

/**
 * Reads the name of a general purpose bucket, and gives it back as it is.
 * The rules: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
 * @throws {UsageError} naming the value and the rule that it breaks.
 */
export function parseBucketName(text: string): string {
  const rule = findBrokenRule(text);
  if (rule === undefined) return text;
  throw new UsageError(`${quote(text, 80)} is no name of an S3 bucket: ${rule}.`);
}

function findBrokenRule(name: string): string | undefined {
  if (name.length < 3 || name.length > 63) return `it has ${name.length} characters, and 3 to 63 are allowed`;
  if (/[^a-z0-9.-]/.test(name)) return 'only lower-case letters, digits, dots and hyphens are allowed';
  if (/^[.-]|[.-]$/.test(name)) return 'it must begin and end with a letter or a digit';
  if (name.includes('..')) return 'it must not have two dots in a row';
  if (/^\d+\.\d+\.\d+\.\d+$/.test(name)) return 'it must not look like an IP address';
  const prefix = RESERVED_PREFIXES.find((reserved) => name.startsWith(reserved));
  if (prefix !== undefined) return `AWS has reserved names that begin with "${prefix}"`;
  const suffix = RESERVED_SUFFIXES.find((reserved) => name.endsWith(reserved));
  if (suffix !== undefined) return `AWS has reserved names that end with "${suffix}"`;
  return undefined;
}
