import { type FileHandle, open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Clock, systemClock } from '../../clock.ts';
import { UserError } from '../../errors.ts';
import { destroyOnAbort, watchSource } from '../abortable-source.ts';
import type { Lake, LakeEntry } from '../lake.ts';
import { createUnfinishedFiles } from './atomic-write.ts';
import { createFileSwaps } from './compare-and-swap.ts';
import { explainFileError, isFileError, isPlainFile, rootIsFile } from './file-errors.ts';
import { fileETag, pathOfKey } from './lake-files.ts';
import { listDirectory } from './list-directory.ts';

/** Larger than Node's 64 KB: what reads the snapshot unzips in steps of this size. */
const READ_BYTES = 1024 * 1024;

/**
 * The lake in a directory, which the first write creates. Each write goes to a new file under `.tdd/unfinished`, which
 * is renamed into place, so that readers never see half an object, even after a kill. Swaps of a key wait for each
 * other across processes; a plain write does not, so a key that is swapped must not be written otherwise. Nothing is
 * synced to disk: what is lost in a power failure is downloaded again by the next run.
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
  const swapFile = createFileSwaps({ root, clock, unfinished });

  /** Opens a key's file; `undefined` when it does not exist or is a folder. */
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

  /** Makes the call with the key's path, and explains the file system's errors. */
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
      call(key, 'write', signal, (path) => unfinished.write(path, (handle) => handle.writeFile(body))),

    writeStream: async (key, source, _contentType, { signal } = {}) => {
      const watched = watchSource(source, signal);
      async function fill(handle: FileHandle): Promise<void> {
        for await (const chunk of watched.chunks) await handle.writeFile(chunk);
      }
      return call(key, 'write', signal, (path) => unfinished.write(path, fill)).catch(watched.rethrow);
    },

    compareAndSwap: (key, body, _contentType, expected, { signal } = {}) =>
      call(key, 'write', signal, (path) => swapFile({ key, path, body, expected, signal })),

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
