import { isBucketUrl } from '../../bucket-name.ts';
import { escapeControls } from '../../text.ts';
import type { ExportFormat } from '../formats.ts';

/** What the scripts that load an export depend on. */
export interface LoadScriptOptions {
  readonly format: ExportFormat;
  /** Where the export is: the absolute path of a directory, or `s3://bucket/prefix`. */
  readonly place: string;
}

/** Where users upload an export that is in a directory; they replace it in the scripts. */
const UPLOAD_URL = 's3://YOUR-BUCKET/YOUR-PREFIX';

/** Returns the location of an export, without a slash at its end, and with slashes for the backslashes of Windows. */
export function placeOf(place: string): { url: string; inBucket: boolean } {
  const windows = /^(?:[a-z]:[\\/]|\\\\)/i.test(place);
  const url = (windows ? place.replaceAll('\\', '/') : place).replace(/\/+$/, '');
  return { url, inBucket: isBucketUrl(url) };
}

/** Returns the bucket and prefix for an engine that reads only S3, and the comment on what to do first. */
export function bucketOf(place: string): { url: string; comment: readonly string[] } {
  const { url, inBucket } = placeOf(place);
  if (inBucket) return { url, comment: [] };
  return {
    url: UPLOAD_URL,
    comment: [
      '-- REPLACE s3://YOUR-BUCKET/YOUR-PREFIX in all statements: the export is in a directory. Upload it first:',
      `--   aws s3 sync ${shellString(url)} ${UPLOAD_URL} --exclude ".tdd/*"`,
    ],
  };
}

/** Quotes a path for a command in a comment, for the shells of Unix and Windows. */
export function shellString(path: string): string {
  return `"${escapeControls(path.replaceAll(/["$`\\]/g, '\\$&'))}"`;
}
