import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Clock } from '../../clock.ts';
import { UserError } from '../../errors.ts';
import { LONG_WAIT_MS, type OnWait } from '../../wait.ts';
import type { ETag } from '../lake.ts';
import type { AtomicWriter } from './atomic-write.ts';
import { isFileError } from './file-errors.ts';
import { fileETag, PRIVATE_FOLDER } from './lake-files.ts';
import { makeFolder } from './make-folder.ts';

/** One compare-and-swap: replace the content of `path`, the file of `key`, if its version is `expected`. */
export interface FileSwap {
  readonly key: string;
  readonly path: string;
  readonly body: string | Uint8Array;
  readonly expected: ETag | null;
  readonly signal: AbortSignal | undefined;
}

/**
 * Creates the compare-and-swap function of one lake. It checks the version, writes a new file, then locks the key and
 * checks the version again before it moves the file into place. That way it holds the lock only for a moment.
 * @returns a function that returns the new version, or `undefined` if the version is not the expected one.
 */
export function createFileSwap(deps: {
  readonly root: string;
  readonly clock: Clock;
  readonly onWait?: OnWait | undefined;
  readonly writer: AtomicWriter;
}): (swap: FileSwap) => Promise<ETag | undefined> {
  /** The last swap of each key in this process. Swaps of a key run one after the other, so only one waits for the lock. */
  const last = new Map<string, Promise<unknown>>();

  async function swapFile({ key, path, body, expected, signal }: FileSwap): Promise<ETag | undefined> {
    signal?.throwIfAborted();
    if ((await currentETag(path)) !== expected) return undefined;
    return deps.writer.writeIf(
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
    const previous = last.get(swap.key);
    const swapped = previous === undefined ? swapFile(swap) : previous.then(() => swapFile(swap));
    const ended = swapped.catch(() => undefined);
    last.set(swap.key, ended);
    try {
      return await swapped;
    } finally {
      if (last.get(swap.key) === ended) last.delete(swap.key);
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

/** A lock that was not renewed for this time is stale and taken over. A live process renews it twice as often. */
const STALE_MS = 4_000;
const LONGEST_WAIT_MS = 60_000;

/** A lock on a key. */
export interface KeyLock {
  /** False if another process has taken over the lock, because this one was suspended for too long. */
  isHeld(): boolean;
  release(): Promise<void>;
}

/**
 * Locks a key for all processes that use the lake in `root`, and waits while another holds the lock. The lock is a folder in
 * the private folder of the lake, so that the other folders contain only documents.
 * @throws {UserError} when the lock is not free within a minute.
 * @throws the signal's reason when the signal is aborted.
 */
async function lockKey(
  {
    root,
    clock,
    onWait,
  }: { readonly root: string; readonly clock: Clock; readonly onWait?: OnWait | undefined },
  key: string,
  signal: AbortSignal | undefined,
): Promise<KeyLock> {
  // Imported on first use: few commands swap, and every eager import adds to the start-up time.
  const { lock } = await import('proper-lockfile');
  const lockfilePath = lockPath(root, key);
  const startMs = clock.monotonic();
  let isReported = false;
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
      if (isFileError(error, 'ENOENT')) await makeFolder(dirname(lockfilePath));
      else if (!isFileError(error, 'ELOCKED')) throw error;
      else if (clock.monotonic() > startMs + LONGEST_WAIT_MS)
        throw new UserError(
          `Another process has held the lock ${lockfilePath} for a minute: end that process and run the command again.`,
          { cause: error },
        );
      else {
        const waitedMs = clock.monotonic() - startMs;
        if (waitedMs >= LONG_WAIT_MS && !isReported) {
          isReported = true;
          const untilMs = clock.now() + LONGEST_WAIT_MS - waitedMs;
          onWait?.({ reason: `Another process holds the lock ${lockfilePath}`, next: 'giving up', untilMs });
        }
        await clock.sleep(5, signal);
      }
    }
  }
}

/** The folder that exists while a key is locked. It is named by a hash, because a key can be too long for a file name. */
export function lockPath(root: string, key: string): string {
  return join(root, PRIVATE_FOLDER, 'locks', createHash('sha256').update(key).digest('hex').slice(0, 32));
}
