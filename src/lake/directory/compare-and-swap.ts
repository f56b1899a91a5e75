import { createHash } from 'node:crypto';
import { mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { UserError } from '../../errors.ts';
import type { ETag } from '../lake.ts';
import type { UnfinishedFiles } from './atomic-write.ts';
import { isFileError } from './file-errors.ts';
import { fileETag, PRIVATE_FOLDER } from './lake-files.ts';

/** One swap: `path` is the file of `key`. */
export interface FileSwap {
  readonly key: string;
  readonly path: string;
  readonly body: string | Uint8Array;
  readonly expected: ETag | null;
  readonly signal: AbortSignal | undefined;
}

/**
 * Creates the compare-and-swap of files in one lake: each swap checks the version, writes, and checks again under the
 * key's lock before it moves the new file into place, so that the lock is held only for a moment.
 * A swap returns the new version, or `undefined` when the version is not the expected one.
 */
export function createFileSwaps(deps: {
  readonly root: string;
  readonly clock: Clock;
  readonly unfinished: UnfinishedFiles;
}): (swap: FileSwap) => Promise<ETag | undefined> {
  /** The last swap of each key in this process: they run one after the other, so that only one waits for the lock. */
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

/** A killed holder's lock is taken over after this time; a living holder renews it twice as often. */
const STALE_MS = 4_000;
const LONGEST_WAIT_MS = 60_000;

/** A lock that is held. */
export interface KeyLock {
  /** False when another process took the lock over, because this one stood still for too long. */
  isHeld(): boolean;
  release(): Promise<void>;
}

/**
 * Locks a key against all processes that use the lake in `root`; waits for as long as others hold it.
 * The lock is a folder in the lake's private folder, so documents' folders hold documents alone.
 * @throws {UserError} when others hold it for a minute; the signal's reason when it is aborted.
 */
async function lockKey(
  { root, clock }: { readonly root: string; readonly clock: Clock },
  key: string,
  signal: AbortSignal | undefined,
): Promise<KeyLock> {
  // Loaded late: of all commands few swap, and each eager import costs start-up time.
  const { lock } = await import('proper-lockfile');
  const lockfilePath = lockPath(root, key);
  const deadline = clock.now() + LONGEST_WAIT_MS;
  let held = true;
  while (true) {
    signal?.throwIfAborted();
    try {
      const release = await lock(lockfilePath, {
        lockfilePath,
        realpath: false,
        stale: STALE_MS,
        onCompromised: () => {
          held = false;
        },
      });
      return { isHeld: () => held, release: () => (held ? release() : Promise.resolve()) };
    } catch (error) {
      if (isFileError(error, 'ENOENT')) await mkdir(dirname(lockfilePath), { recursive: true });
      else if (!isFileError(error, 'ELOCKED')) throw error;
      else if (clock.now() > deadline)
        throw new UserError(
          `Another process has held the lock ${lockfilePath} for a minute, so end that process and run again.`,
          { cause: error },
        );
      else await clock.sleep(5, signal);
    }
  }
}

/** The folder that is there while the key is locked: named by a hash, as a key can be too long for a name. */
export function lockPath(root: string, key: string): string {
  return join(root, PRIVATE_FOLDER, 'locks', createHash('sha256').update(key).digest('hex').slice(0, 32));
}
