import { stat } from 'node:fs/promises';
import type { Clock } from '../../clock.ts';
import type { ETag } from '../lake.ts';
import { isFileError } from './file-errors.ts';
import { fileETag } from './file-etag.ts';
import { lockKey } from './lock-key.ts';
import type { UnfinishedFiles } from './unfinished-file.ts';

/** One swap: `path` is the file of `key`. */
export interface FileSwap {
  readonly key: string;
  readonly path: string;
  readonly body: string | Uint8Array;
  readonly expected: ETag | null;
  readonly signal: AbortSignal | undefined;
}

/**
 * Makes the swapping of files in one lake: each swap looks at the version, writes, and looks again under the key's
 * lock before it moves the new file into place, so that the lock is held for a moment only.
 * A swap gives the new version, or `undefined` when the version is not the expected one.
 */
export function createFileSwaps(deps: {
  readonly root: string;
  readonly clock: Clock;
  readonly unfinished: UnfinishedFiles;
}): (swap: FileSwap) => Promise<ETag | undefined> {
  /** The last swap of each key in this process: they follow each other, so that one at a time asks for the lock. */
  const last = new Map<string, Promise<unknown>>();

  async function swapFile({ key, path, body, expected, signal }: FileSwap): Promise<ETag | undefined> {
    signal?.throwIfAborted();
    if ((await currentETag(path)) !== expected) return undefined;
    return deps.unfinished.writeIf(
      path,
      (handle) => handle.writeFile(body),
      async (move) => {
        const lock = await lockKey(deps, key, signal);
        try {
          if ((await currentETag(path)) !== expected || !lock.isHeld()) return false;
          await move();
          return true;
        } finally {
          await lock.release();
        }
      },
    );
  }

  return async (swap) => {
    const before = last.get(swap.key);
    const swapped = before === undefined ? swapFile(swap) : before.then(() => swapFile(swap));
    const settled = swapped.catch(() => undefined);
    last.set(swap.key, settled);
    try {
      return await swapped;
    } finally {
      if (last.get(swap.key) === settled) last.delete(swap.key);
    }
  };
}

async function currentETag(path: string): Promise<ETag | null> {
  try {
    return fileETag(await stat(path, { bigint: true }));
  } catch (error) {
    if (isFileError(error, 'ENOENT', 'ENOTDIR')) return null;
    throw error;
  }
}
