import { randomBytes } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { type FileHandle, lstat, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ETag } from '../lake.ts';
import { isFileError } from './file-errors.ts';
import { fileETag, PRIVATE_FOLDER } from './lake-files.ts';
import { makeFolder } from './make-folder.ts';

/** Unfinished files of killed processes are removed a day after the last write. */
const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000;
/** The bytes of the random prefix of unfinished files, which {@link UNFINISHED} matches. */
const PREFIX_BYTES = 8;
const UNFINISHED = /^[0-9a-f]{16}-\d+$/;

/** Writes the content of a new file. */
type Fill = (handle: FileHandle) => Promise<void>;

/** Writes files atomically: first into the private folder of the lake, then, when complete, renamed into place. */
export interface AtomicWriter {
  /** Writes the file at `path` and creates its folder if necessary. @returns the version of the file. */
  write(path: string, fill: Fill): Promise<ETag>;
  /**
   * Writes the file, and lets `place` decide whether to move it into place.
   * @param place calls `move` or not, and returns whether it did. A file that was not moved is removed.
   * @returns the version of the file; `undefined` if it was not moved.
   */
  writeIf(
    path: string,
    fill: Fill,
    place: (move: () => Promise<void>) => Promise<boolean>,
  ): Promise<ETag | undefined>;
}

/** Creates the atomic writer of the lake in `root`. */
export function createAtomicWriter(root: string): AtomicWriter {
  const folder = join(root, PRIVATE_FOLDER, 'unfinished');
  // Unique among all processes, including those on other machines with a shared file system.
  const prefix = randomBytes(PREFIX_BYTES).toString('hex');
  let count = 0;
  let lastEpochMs = 0;
  let cleanup: Promise<void> | undefined;

  /** Returns a time in seconds that this process has not used yet, to distinguish versions with the same inode and size. */
  function nextVersionTime(): number {
    lastEpochMs = Math.max(performance.timeOrigin + performance.now(), lastEpochMs + 0.001);
    return lastEpochMs / 1000;
  }

  async function writeIf(
    path: string,
    fill: Fill,
    place: (move: () => Promise<void>) => Promise<boolean>,
  ): Promise<ETag | undefined> {
    count += 1;
    const temporary = join(folder, `${prefix}-${count}`);
    const handle = await openInFolder(folder, temporary);
    let placed = false;
    try {
      cleanup ??= removeLeftovers(root, temporary);
      await cleanup;
      await fill(handle);
      const time = nextVersionTime();
      await handle.utimes(time, time);
      // Synchronous, because it does not wait for the disk: a round trip to the thread pool takes longer.
      const etag = fileETag(fstatSync(handle.fd, { bigint: true }));
      await handle.close();
      placed = await place(() => renameIntoFolder(temporary, path));
      return placed ? etag : undefined;
    } finally {
      if (!placed) {
        await handle.close();
        await rm(temporary, { force: true });
      }
    }
  }

  return {
    writeIf,
    write: async (path, fill) => {
      const etag = await writeIf(path, fill, async (move) => {
        await move();
        return true;
      });
      if (etag === undefined) throw new Error(`${path} was not moved into place.`);
      return etag;
    },
  };
}

/** Creates the folder only if opening the file fails, so that a write usually takes one call. */
async function openInFolder(folder: string, path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx');
  } catch (error) {
    if (!isFileError(error, 'ENOENT')) throw error;
    await makeFolder(folder);
    return open(path, 'wx');
  }
}

async function renameIntoFolder(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isFileError(error, 'ENOENT')) throw error;
    await makeFolder(dirname(to));
    await rename(from, to);
  }
}

/**
 * Removes unfinished files of killed processes: only regular files with a name as this program gives them, and nothing if
 * the private folder is a symbolic link, whose target may belong to something else. Their age is measured against `fresh`, a
 * file created just now, because the clock of a shared file system may differ from this machine's.
 */
async function removeLeftovers(root: string, fresh: string): Promise<void> {
  const { mtimeMs: now } = await lstat(fresh);
  // The file is gone or belongs to another user. That does not affect writes.
  const ignore = (error: unknown) => {
    if (!isFileError(error)) throw error;
  };
  const folder = dirname(fresh);
  for (const path of [join(root, PRIVATE_FOLDER), folder]) {
    if (!(await lstat(path).catch(ignore))?.isDirectory()) return;
  }
  for (const name of (await readdir(folder).catch(ignore)) ?? []) {
    if (!UNFINISHED.test(name)) continue;
    const path = join(folder, name);
    const stats = await lstat(path).catch(ignore);
    if (stats?.isFile() && stats.mtimeMs < now - LEFTOVER_AGE_MS)
      await rm(path, { force: true }).catch(ignore);
  }
}
