import { randomBytes } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ETag } from '../lake.ts';
import { isFileError } from './file-errors.ts';
import { fileETag, PRIVATE_FOLDER } from './lake-files.ts';

/** A killed process's file is removed when nothing was written to it for a day. */
const LEFTOVER_AGE_MS = 24 * 60 * 60 * 1000;

/** Fills a new file with its bytes. */
type Fill = (handle: FileHandle) => Promise<void>;

/** Writes files in a folder outside of every listing and moves them into place when they are complete. */
export interface UnfinishedFiles {
  /** Writes the file at `path`, and creates its folder if necessary. @returns its version. */
  write(path: string, fill: Fill): Promise<ETag>;
  /**
   * The same, but `place` decides: it calls `move` or not, and returns whether it did. A file that was not moved is
   * removed.
   * @returns the version of the file; `undefined` when it was not moved.
   */
  writeIf(
    path: string,
    fill: Fill,
    place: (move: () => Promise<void>) => Promise<boolean>,
  ): Promise<ETag | undefined>;
}

/** Creates the writer of the lake in `root`. */
export function createUnfinishedFiles(root: string): UnfinishedFiles {
  const folder = join(root, PRIVATE_FOLDER, 'unfinished');
  // Unique among all processes, including those on other machines that share the file system.
  const ours = randomBytes(8).toString('hex');
  let count = 0;
  let lastEpochMs = 0;
  let swept: Promise<void> | undefined;

  /** A time that this process has not used yet: it distinguishes versions of the same inode and size. */
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
    const temporary = join(folder, `${ours}-${count}`);
    const handle = await openInFolder(folder, temporary);
    let placed = false;
    try {
      swept ??= sweep(folder, temporary);
      await swept;
      await fill(handle);
      const time = nextVersionTime();
      await handle.utimes(time, time);
      const etag = fileETag(await handle.stat({ bigint: true }));
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
      if (etag === undefined) throw new Error(`${path} was not moved into its place.`);
      return etag;
    },
  };
}

/** Creates the folder only when opening fails, so that a write usually takes one call. */
async function openInFolder(folder: string, path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx');
  } catch (error) {
    if (!isFileError(error, 'ENOENT')) throw error;
    await mkdir(folder, { recursive: true });
    return open(path, 'wx');
  }
}

async function renameIntoFolder(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    if (!isFileError(error, 'ENOENT')) throw error;
    await mkdir(dirname(to), { recursive: true });
    await rename(from, to);
  }
}

/**
 * Removes what killed processes left behind. Ages are measured from `fresh`, a file just written: the clock of a
 * shared file system may differ from this machine's.
 */
async function sweep(folder: string, fresh: string): Promise<void> {
  const { mtimeMs: now } = await stat(fresh);
  // Another process has finished or removed it, or owns it: writes still work.
  const ignore = (error: unknown) => {
    if (!isFileError(error)) throw error;
  };
  for (const name of (await readdir(folder).catch(ignore)) ?? []) {
    const path = join(folder, name);
    const { mtimeMs } = (await stat(path).catch(ignore)) ?? { mtimeMs: now };
    if (mtimeMs < now - LEFTOVER_AGE_MS) await rm(path, { force: true }).catch(ignore);
  }
}
