import type { BigIntStats } from 'node:fs';
import type { ETag } from '../lake.ts';

/**
 * The version of a file: its inode, size and time of modification in nanoseconds. Every write makes a new file,
 * whose inode differs from that of the version it replaces; inodes come back later, so the writer also sets a
 * time that it never sets twice (the kernel's own stands still for milliseconds). A hash of the content would do
 * as well, but a listing or a range would have to read whole files for it.
 */
export function fileETag({ ino, size, mtimeNs }: BigIntStats): ETag {
  return `"${ino.toString(36)}-${size.toString(36)}-${mtimeNs.toString(36)}"`;
}
