import { join } from 'node:path';

/**
 * The folder under a directory lake's root for what is no object: unfinished files and locks. No key begins with
 * it, and no listing shows it.
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
