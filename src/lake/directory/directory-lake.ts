import { type BigIntStats, closeSync, createReadStream, fstatSync, open, read } from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { type Clock, systemClock } from '../../clock.ts';
import { UserError } from '../../errors.ts';
import type { OnWait } from '../../wait.ts';
import { destroyOnAbort, watchSource } from '../abortable-source.ts';
import type { Lake, LakeEntry } from '../lake.ts';
import { createAtomicWriter } from './atomic-write.ts';
import { createFileSwap } from './compare-and-swap.ts';
import { explainFileError, isFileError, isPlainFile, rootIsFile } from './file-errors.ts';
import { fileETag, pathOfKey } from './lake-files.ts';
import { listDirectory, listSubfolders } from './list-directory.ts';

/** Larger than Node's default of 64 KB, because snapshots are decompressed in chunks of this size. */
const READ_BYTES = 1024 * 1024;

/** For many small files, a `FileHandle` takes twice as long. */
const openFd = promisify(open);
const readFd = promisify(read);

/**
 * Creates a lake in a directory; the first write creates the directory. Writes are atomic, even if the process is killed:
 * each goes to a new file under `.tdd/unfinished`, which is then renamed into place. Compare-and-swaps of a key lock it
 * across processes. Plain writes do not, so a key must be written either always or never by compare-and-swap. Writes are
 * not synced to disk: after a power failure, the next run downloads what was lost.
 * @param options.directory an absolute path, or one relative to the working directory.
 */
export function createDirectoryLake({
  directory,
  clock = systemClock,
  onWait,
}: {
  readonly directory: string;
  readonly clock?: Clock;
  /** Called when another process holds a lock for long. */
  readonly onWait?: OnWait | undefined;
}): Lake {
  const root = resolve(directory);
  const writer = createAtomicWriter(root);
  const swapFile = createFileSwap({ root, clock, writer, onWait });

  /**
   * Opens the file of a key. The calls on an open file that do not wait for the disk are synchronous: a round trip to the
   * thread pool takes longer.
   * @returns `undefined` if it does not exist or is a folder.
   */
  async function openFile(
    path: string,
  ): Promise<{ readonly fd: number; readonly stats: BigIntStats } | undefined> {
    try {
      const fd = await openFd(path, 'r');
      const stats = fstatSync(fd, { bigint: true });
      if (stats.isFile()) return { fd, stats };
      closeSync(fd);
      return undefined;
    } catch (error) {
      if (isFileError(error, 'ENOENT')) return undefined;
      if (isFileError(error, 'ENOTDIR') && !(await isPlainFile(root))) return undefined;
      throw error;
    }
  }

  /** Runs a call with the path of a key and explains file system errors. */
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
        const file = await openFile(path);
        if (file === undefined) return undefined;
        const { fd, stats } = file;
        try {
          return { etag: fileETag(stats), body: await readWhole(fd, Number(stats.size)) };
        } finally {
          closeSync(fd);
        }
      }),

    readRange: (key, { offset, length, ifMatch }, { signal } = {}) =>
      call(key, 'read', signal, async (path) => {
        const file = await openFile(path);
        if (file === undefined) return undefined;
        const { fd, stats } = file;
        try {
          if (fileETag(stats) !== ifMatch) return undefined;
          const { bytesRead, buffer } = await readFd(fd, Buffer.allocUnsafe(length), 0, length, offset);
          if (bytesRead === length) return buffer;
          throw new UserError(
            `${path} is truncated: it ends before byte ${offset + length}. Delete it and run the command again.`,
          );
        } finally {
          closeSync(fd);
        }
      }),

    readStream: (key, { signal } = {}) =>
      call(key, 'read', signal, async (path) => {
        const file = await openFile(path);
        if (file === undefined) return undefined;
        return destroyOnAbort(createReadStream(path, { fd: file.fd, highWaterMark: READ_BYTES }), signal);
      }),

    write: (key, body, _contentType, { signal } = {}) =>
      call(key, 'write', signal, (path) => writer.write(path, (handle) => handle.writeFile(body))),

    writeStream: async (key, source, _contentType, { signal } = {}) => {
      const watched = watchSource(source, signal);
      async function fill(handle: FileHandle): Promise<void> {
        for await (const chunk of watched.chunks) await handle.writeFile(chunk);
      }
      return call(key, 'write', signal, (path) => writer.write(path, fill)).catch(watched.rethrow);
    },

    compareAndSwap: (key, body, _contentType, expected, { signal } = {}) =>
      call(key, 'write', signal, (path) => swapFile({ key, path, body, expected, signal })),

    list: (prefix, options) => list(prefix, options?.signal),

    async listFolders(prefix, { signal } = {}) {
      await checkListing(signal);
      return listSubfolders(root, prefix).catch(explainListing);
    },
  };

  async function* list(prefix: string, signal: AbortSignal | undefined): AsyncGenerator<LakeEntry> {
    await checkListing(signal);
    try {
      yield* listDirectory(root, prefix, signal);
    } catch (error) {
      await explainListing(error);
    }
  }

  async function checkListing(signal: AbortSignal | undefined): Promise<void> {
    signal?.throwIfAborted();
    if (await isPlainFile(root)) throw rootIsFile(root);
  }

  async function explainListing(error: unknown): Promise<never> {
    throw await explainFileError(error, { root, path: root, doing: 'list' });
  }
}

/** Reads a file of known size: usually with one call. */
async function readWhole(fd: number, size: number): Promise<Buffer> {
  const body = Buffer.allocUnsafe(size);
  for (let filled = 0; filled < size; ) {
    const { bytesRead } = await readFd(fd, body, filled, size - filled, filled);
    if (bytesRead === 0) return body.subarray(0, filled); // Someone has truncated it meanwhile.
    filled += bytesRead;
  }
  return body;
}
