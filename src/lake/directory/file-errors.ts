import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { explainTooManyFiles, UsageError, UserError } from '../../errors.ts';
import { PRIVATE_FOLDER } from './lake-files.ts';

/** Whether `error` is a file system error with one of `codes`, or with any code if none is given. */
export function isFileError(error: unknown, ...codes: readonly string[]): error is NodeJS.ErrnoException {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return code !== undefined && /^E[A-Z0-9]+$/.test(code) && (codes.length === 0 || codes.includes(code));
}

/** A file system error of a directory lake. The message is the problem and an advice. */
export class FileSystemError extends UserError {
  /** What is wrong: a sentence without a full stop. */
  readonly problem: string;

  constructor(problem: string, advice: string, options: ErrorOptions) {
    super(`${problem}. ${advice}.`, options);
    this.problem = problem;
  }
}

/** The explanations of file system error codes, for messages: the cause, and what to do. */
const EXPLANATIONS: Readonly<Record<string, readonly [string, string]>> = {
  EACCES: ['permission denied', 'Change its owner or mode, or choose another directory'],
  EPERM: ['permission denied', 'Change its owner or mode, or choose another directory'],
  EROFS: ['the file system is read-only', 'Choose another directory'],
  ENOSPC: ['the disk is full', 'Free some space and run the command again'],
  EDQUOT: ['the disk quota is exceeded', 'Free some space and run the command again'],
  EXDEV: [
    'it is on a different file system from the directory of the lake',
    'Keep the whole lake on one file system',
  ],
  ENAMETOOLONG: ['the path is too long', 'Choose another directory'],
  ENOENT: ['its folder was deleted, or cannot be created there', 'Check the path'],
};

/**
 * Explains a file system error: what is wrong, and what to do.
 * @param context.root the directory of the lake.
 * @param context.path what was accessed.
 * @param context.doing the verb after "Cannot", such as `read` or `write`.
 * @returns a {@link FileSystemError} or another {@link UserError}, or `cause` unchanged if it is not a file system error.
 */
export async function explainFileError(
  cause: unknown,
  { root, path, doing }: { readonly root: string; readonly path: string; readonly doing: string },
): Promise<unknown> {
  if (!isFileError(cause)) return cause;
  const tooMany = explainTooManyFiles(cause);
  if (tooMany !== undefined) return tooMany;
  if (await isPlainFile(root)) return rootIsFile(root, cause);
  const [reason, advice] = EXPLANATIONS[cause.code ?? ''] ?? [cause.message, 'Check the path'];
  const denied = isFileError(cause, 'EACCES', 'EPERM', 'EROFS') ? await findDenied(cause) : undefined;
  const where = denied === undefined || denied === path ? '' : ` because of ${denied}`;
  return new FileSystemError(`Cannot ${doing} ${path}${where}: ${reason}`, advice, { cause });
}

/** Finds the file or folder whose permissions caused the error: the path itself or, if it does not exist, its closest parent. */
async function findDenied({
  path,
  dest,
}: NodeJS.ErrnoException & { readonly dest?: string }): Promise<string | undefined> {
  const denied = dest === undefined ? path : dirname(dest);
  return denied === undefined ? undefined : nearestExisting(resolve(denied));
}

/** Returns the path, or its closest parent folder that exists. */
async function nearestExisting(path: string): Promise<string> {
  try {
    await stat(path);
    return path;
  } catch (error) {
    if (!isFileError(error) || path === dirname(path)) throw error;
    return nearestExisting(dirname(path));
  }
}

/**
 * Finds what prevents writes into a directory lake, which begin in its private folder, without changing anything. On
 * Windows, which has no file modes, only a write finds that out.
 * @returns the folder that may not be written, and why; `undefined` if none is known.
 */
export async function findUnwritable(
  root: string,
): Promise<{ readonly folder: string; readonly reason: string } | undefined> {
  let folder = root;
  try {
    folder = await nearestExisting(join(root, PRIVATE_FOLDER, 'unfinished'));
    await access(folder, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    if (!isFileError(error, 'EACCES', 'EPERM', 'EROFS')) return undefined; // The write reports anything else.
    return { folder, reason: EXPLANATIONS[error.code ?? '']?.[0] ?? error.message };
  }
}

/** Whether the path, or one of its parent folders, is a file instead of a directory. */
export async function isPlainFile(path: string): Promise<boolean> {
  try {
    return !(await stat(path)).isDirectory();
  } catch (error) {
    if (isFileError(error)) return error.code === 'ENOTDIR';
    throw error;
  }
}

/** Creates the error for a lake path that is not a directory. */
export function rootIsFile(root: string, cause?: unknown): UsageError {
  return new UsageError(`${root} is a file or is inside one: choose a directory for the lake.`, { cause });
}
