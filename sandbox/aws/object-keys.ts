import { AwsError } from './aws-call.ts';

/** Keys that are no paths of files are refused, so that what is listed is what was put. */
export function segmentsOf(key: string): string[] {
  const segments = key.split('/');
  const isPath = segments.every(
    (segment) =>
      segment !== '' &&
      segment !== '.' &&
      segment !== '..' &&
      !segment.startsWith('.tmp-') &&
      !segment.includes('\0') &&
      Buffer.byteLength(segment) <= 255,
  );
  if (!isPath) throw unkeepable(key);
  return segments;
}

/** The refusal of a key that cannot be a file. */
export function unkeepable(key: string): AwsError {
  return new AwsError(
    501,
    'NotImplemented',
    `The sandbox keeps objects as plain files and cannot keep ${JSON.stringify(key)}.`,
  );
}

/** S3 lists in the order of UTF-8 bytes, which is not that of UTF-16. */
export function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
