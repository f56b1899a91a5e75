import type { BigIntStats } from 'node:fs';
import { join } from 'node:path';
import type { ETag } from '../lake.ts';

/**
 * The folder under a directory lake's root for files that are not objects: unfinished files and locks. No key begins
 * with it, and listings leave it out.
 */
export const PRIVATE_FOLDER = '.tdd';

/**
 * The path of a key's file under `root`.
 * @throws {RangeError} for what cannot be a file inside the lake: empty segments, `.`, `..`, NUL, the lake's own folder.
 */
export function pathOfKey(root: string, key: string): string {
  const segments = key.split('/');
  if (!segments.every(isSegment) || segments[0] === PRIVATE_FOLDER)
    throw new RangeError(`${JSON.stringify(key)} is no key of a lake in a directory.`);
  return join(root, ...segments);
}

/** Can this be the name of a file or folder? */
export function isSegment(segment: string): boolean {
  return segment !== '' && segment !== '.' && segment !== '..' && !segment.includes('\0');
}

/**
 * The version of a file: its inode, size and modification time in nanoseconds. Every write creates a new file, whose
 * inode differs from that of the version it replaces. Inodes are reused later, so the writer also sets a time that it
 * never sets twice (the kernel's clock has a resolution of milliseconds). A hash of the content would work as well, but
 * a listing or a range would have to read whole files for it.
 */
export function fileETag({ ino, size, mtimeNs }: BigIntStats): ETag {
  return `"${ino.toString(36)}-${size.toString(36)}-${mtimeNs.toString(36)}"`;
}
