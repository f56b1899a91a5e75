import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import type { ETag } from '../lake.ts';

/**
 * The folder in the root of a directory lake for files that are not objects: unfinished files and locks. Keys cannot begin
 * with it, and listings skip it.
 */
export const PRIVATE_FOLDER = '.tdd';

/**
 * Returns the path of a key's file under `root`.
 * @throws {RangeError} for a key that could point outside the lake or is reserved: with an empty segment, `.`, `..` or NUL,
 *   or in {@link PRIVATE_FOLDER}.
 */
export function pathOfKey(root: string, key: string): string {
  const segments = key.split('/');
  if (!segments.every(isSegment) || segments[0] === PRIVATE_FOLDER)
    throw new RangeError(`${JSON.stringify(key)} is not a valid key in a directory lake.`);
  return join(root, ...segments);
}

/** Whether `segment` can be the name of a file or folder. */
export function isSegment(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && !segment.includes('\0');
}

/**
 * The version of a file: its inode, size and modification time in nanoseconds. Every write creates a new file, whose
 * inode differs from that of the version it replaces. Since inodes are reused later, the writer also sets a modification
 * time that it never sets twice (the kernel's own has a resolution of milliseconds). A hash of the content would work too,
 * but a listing or a range request would have to read whole files.
 */
export function fileETag({ ino, size, mtimeNs }: BigIntStats): ETag {
  return `"${ino.toString(36)}-${size.toString(36)}-${mtimeNs.toString(36)}"`;
}
