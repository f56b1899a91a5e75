import { type FileHandle, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Clock, systemClock } from '../clock.ts';
import { UserError } from '../errors.ts';
import { destroyOnAbort, readAbortably } from './abortable-source.ts';
import { explainFileError, isFileError, isPlainFile, rootIsFile } from './file-errors.ts';
import { fileETag } from './file-etag.ts';
import type { ETag, Lake, LakeEntry } from './lake.ts';
import { pathOfKey } from './lake-paths.ts';
import { listDirectory } from './list-directory.ts';
import { lockKey } from './lock-key.ts';
import { createUnfinishedFiles, type UnfinishedFile } from './unfinished-file.ts';

/** Larger than Node's 64 KB: what reads the snapshot unzips in steps of this size. */
const READ_BYTES = 1024 * 1024;

/**
 * The lake in a directory, which is made by the first write. Each write goes to a file of its own under
 * `.tdd/unfinished` and is moved to its place in one step, so that a reader, or a kill at any moment, never meets
 * half an object. Swaps of a key wait for each other across processes; a plain write does not, so a key that is
 * swapped must not be written otherwise. Nothing is synced: what a power failure takes, the next run fetches again.
 */
export function createDirectoryLake({
  directory,
  clock = systemClock,
}: {
  readonly directory: string;
  readonly clock?: Clock;
}): Lake {
  const root = resolve(directory);
  const unfinished = createUnfinishedFiles(root);
  /** The last swap of each key that this process waits for: only one at a time asks for the lock. */
  const swaps = new Map<string, Promise<unknown>>();

  /** Opens a key's file, or `undefined` when there is none (a folder is none either). */
  async function openFile(path: string): Promise<FileHandle | undefined> {
    try {
      const handle = await open(path, 'r');
      if ((await handle.stat()).isFile()) return handle;
      await handle.close();
      return undefined;
    } catch (error) {
      if (isFileError(error, 'ENOENT')) return undefined;
      if (isFileError(error, 'ENOTDIR') && !(await isPlainFile(root))) return undefined;
      throw error;
    }
  }

  /** Makes the call with the key's path, and sentences of the file system's errors. */
  async function call<Answer>(
    key: string,
    doing: 'read' | 'write',
    signal: AbortSignal | undefined,
    run: (path: string) => Promise<Answer>,
  ): Promise<Answer> {
    signal?.throwIfAborted();
    const path = pathOfKey(root, key);
    try {
      return await run(path);
    } catch (error) {
      throw await explainFileError(error, { root, path, doing });
    }
  }

  /** Writes an unfinished file with `fill` and hands it to `place`; it is gone when either throws. */
  async function writeFile<Answer>(
    fill: (handle: FileHandle) => Promise<void>,
    place: (file: UnfinishedFile, etag: ETag) => Promise<Answer>,
  ): Promise<Answer> {
    const file = await unfinished.open();
    try {
      await fill(file.handle);
      return await place(file, await file.finish());
    } catch (error) {
      await file.discard();
      throw error;
    }
  }

  async function currentETag(path: string): Promise<ETag | null> {
    try {
      return fileETag(await stat(path, { bigint: true }));
    } catch (error) {
      if (isFileError(error, 'ENOENT', 'ENOTDIR')) return null;
      throw error;
    }
  }

  async function swap(
    key: string,
    path: string,
    body: string | Uint8Array,
    expected: ETag | null,
    signal: AbortSignal | undefined,
  ): Promise<ETag | undefined> {
    if ((await currentETag(path)) !== expected) return undefined;
    return writeFile(
      (handle) => handle.writeFile(body),
      async (file, etag) => {
        const lock = await lockKey({ root, clock }, key, signal);
        try {
          if ((await currentETag(path)) !== expected || !lock.isHeld()) {
            await file.discard();
            return undefined;
          }
          await file.moveTo(path);
          return etag;
        } finally {
          await lock.release();
        }
      },
    );
  }

  return {
    url: root,

    read: (key, { signal } = {}) =>
      call(key, 'read', signal, async (path) => {
        const handle = await openFile(path);
        if (handle === undefined) return undefined;
        try {
          return { etag: fileETag(await handle.stat({ bigint: true })), body: await handle.readFile() };
        } finally {
          await handle.close();
        }
      }),

    readRange: (key, { offset, length, ifMatch }, { signal } = {}) =>
      call(key, 'read', signal, async (path) => {
        const handle = await openFile(path);
        if (handle === undefined) return undefined;
        try {
          if (fileETag(await handle.stat({ bigint: true })) !== ifMatch) return undefined;
          const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, offset);
          if (bytesRead === length) return buffer;
          throw new UserError(
            `${path} ends before byte ${offset + length}, so it is damaged: delete it and run again.`,
          );
        } finally {
          await handle.close();
        }
      }),

    readStream: (key, { signal } = {}) =>
      call(key, 'read', signal, async (path) => {
        const handle = await openFile(path);
        return handle && destroyOnAbort(handle.createReadStream({ highWaterMark: READ_BYTES }), signal);
      }),

    write: (key, body, _contentType, { signal } = {}) =>
      call(key, 'write', signal, (path) =>
        writeFile(
          (handle) => handle.writeFile(body),
          async (file, etag) => {
            await file.moveTo(path);
            return etag;
          },
        ),
      ),

    writeStream: async (key, source, _contentType, { signal } = {}) => {
      // What the source throws is the caller's own error: it goes back as it is.
      let broken: { readonly reason: unknown } | undefined;
      async function fill(handle: FileHandle): Promise<void> {
        const chunks = readAbortably(source, signal);
        while (true) {
          const next = await chunks.next().catch((reason: unknown) => {
            broken = { reason };
            throw reason;
          });
          if (next.done) return;
          await handle.writeFile(next.value);
        }
      }
      return call(key, 'write', signal, (path) =>
        writeFile(fill, async (file, etag) => {
          signal?.throwIfAborted();
          await file.moveTo(path);
          return etag;
        }),
      ).catch((error: unknown) => {
        throw broken === undefined ? error : broken.reason;
      });
    },

    compareAndSwap: (key, body, _contentType, expected, { signal } = {}) => {
      const before = swaps.get(key) ?? Promise.resolve();
      const swapped = before.then(() =>
        call(key, 'write', signal, (path) => swap(key, path, body, expected, signal)),
      );
      const settled = swapped.then(
        () => undefined,
        () => undefined,
      );
      swaps.set(key, settled);
      return swapped.finally(() => {
        if (swaps.get(key) === settled) swaps.delete(key);
      });
    },

    list: (prefix, options) => list(prefix, options?.signal),
  };

  async function* list(prefix: string, signal: AbortSignal | undefined): AsyncGenerator<LakeEntry> {
    signal?.throwIfAborted();
    if (await isPlainFile(root)) throw rootIsFile(root);
    try {
      yield* listDirectory(root, prefix, signal);
    } catch (error) {
      throw await explainFileError(error, { root, path: root, doing: 'list' });
    }
  }
}
