import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { UsageError, UserError } from '../../errors.ts';

/** Is this a file system's error, and of one of these codes (of any, when none is given)? */
export function isFileError(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code !== undefined && /^E[A-Z0-9]+$/.test(code) && (codes.length === 0 || codes.includes(code));
}

/** What can be said to people about these codes; `path` is what was read or written. */
const SENTENCES: Readonly<Record<string, string>> = {
  EACCES: 'permission is denied, so change its owner or mode, or choose another directory',
  EPERM: 'permission is denied, so change its owner or mode, or choose another directory',
  EROFS: 'the file system is read-only, so choose another directory',
  ENOSPC: 'the disk is full, so make room and run again',
  EDQUOT: 'the disk quota is used up, so make room and run again',
  EMFILE: 'too many files are open, so raise "ulimit -n"',
  ENFILE: 'too many files are open on this machine',
  EXDEV: `it is on another file system than the lake's own directory, so give the lake one file system`,
  ENAMETOOLONG: 'the path is too long',
};

/**
 * Turns a file system's error into one sentence for people; other errors come back as they are.
 * `doing` comes after "Cannot": `read` or `write`.
 */
export async function explainFileError(
  cause: unknown,
  { root, path, doing }: { readonly root: string; readonly path: string; readonly doing: string },
): Promise<unknown> {
  if (!isFileError(cause)) return cause;
  if (await isPlainFile(root)) return rootIsFile(root, cause);
  const sentence = SENTENCES[cause.code ?? ''] ?? `${cause.message}, so check this path`;
  const refused = isFileError(cause, 'EACCES', 'EPERM', 'EROFS') ? await findRefused(cause) : undefined;
  const where = refused === undefined || refused === path ? '' : ` because of ${refused}`;
  return new UserError(`Cannot ${doing} ${path}${where}: ${sentence}.`, { cause });
}

/** Whose rights were in the way: what was to be opened or, where it is to be made or moved, its folder. */
async function findRefused({
  path,
  dest,
}: NodeJS.ErrnoException & { readonly dest?: string }): Promise<string | undefined> {
  const refused = dest === undefined ? path : dirname(dest);
  return refused === undefined ? undefined : nearestExisting(resolve(refused));
}

/** The path, or the folder nearest above it that can be seen. */
async function nearestExisting(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch (error) {
    if (!isFileError(error) || path === dirname(path)) throw error;
    return nearestExisting(dirname(path));
  }
}

/** Is the lake's root, or what should be a folder above it, a plain file? */
export async function isPlainFile(path: string): Promise<boolean> {
  try {
    return !(await stat(path)).isDirectory();
  } catch (error) {
    if (isFileError(error)) return error.code === 'ENOTDIR';
    throw error;
  }
}

/** Says that the path given for the lake is not a directory. */
export function rootIsFile(root: string, cause?: unknown): UsageError {
  return new UsageError(`${root} is a file or lies below one, so give a directory for the lake.`, { cause });
}
