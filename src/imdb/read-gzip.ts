import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, type Gunzip } from 'node:zlib';
import { SnapshotError } from './snapshot-error.ts';

/** The chunk size for reading and decompressing. With the default sizes (64 KB and 16 KB) it takes three times as long. */
export const CHUNK_BYTES = 1_048_576;
const CHUNKS_AHEAD = 2;

/**
 * Decompresses gzipped bytes and passes them to `onChunk`, about a megabyte at a time.
 * @throws {SnapshotError} when the bytes are not a complete gzip file.
 * @throws whatever `source` or `onChunk` throws.
 */
export async function readGzip(
  source: AsyncIterable<Uint8Array>,
  onChunk: (chunk: Buffer) => void,
): Promise<void> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  const sink = new Writable({
    highWaterMark: 2 * CHUNK_BYTES,
    // Deferred by one tick, so that gunzip's thread decompresses the next chunk in parallel. (An async iterator would allow
    // that too, but it concatenates buffered chunks, which copies everything.)
    write: (chunk: Buffer, _encoding, done) => {
      process.nextTick(() => {
        try {
          onChunk(chunk);
          done();
        } catch (error) {
          done(error instanceof Error ? error : new Error(String(error)));
        }
      });
    },
  });
  feed(checkMagic(coalesce(source, CHUNK_BYTES)), gunzip).catch((error: unknown) => {
    gunzip.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  try {
    await pipeline(gunzip, sink);
  } catch (error) {
    if (!isZlibError(error)) throw error;
    if (error.code === 'Z_BUF_ERROR') {
      throw new SnapshotError('is truncated', { fault: 'transient', cause: error });
    }
    throw new SnapshotError(`is corrupt (${error.message})`, { cause: error });
  }
}

/**
 * Writes to gunzip and keeps a few chunks ahead. `pipeline` would wait for `drain`, which is emitted only when the buffer
 * is empty, so that gunzip's thread would idle a quarter of the time, waiting for the next chunk.
 */
async function feed(source: AsyncIterable<Buffer>, gunzip: Gunzip): Promise<void> {
  const ahead: Promise<void>[] = [];
  for await (const chunk of source) {
    if (gunzip.destroyed) return;
    ahead.push(new Promise((resolve) => gunzip.write(chunk, () => resolve())));
    if (ahead.length > CHUNKS_AHEAD) await ahead.shift();
  }
  gunzip.end();
}

/** Concatenates small pieces, such as those of a socket, into pieces of at least `size` bytes. */
export async function* coalesce(source: AsyncIterable<Uint8Array>, size: number): AsyncGenerator<Buffer> {
  let gathered: Buffer[] = [];
  let bytes = 0;
  for await (const piece of source) {
    gathered.push(Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength));
    bytes += piece.byteLength;
    if (bytes < size) continue;
    yield gathered.length === 1 && gathered[0] ? gathered[0] : Buffer.concat(gathered, bytes);
    gathered = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(gathered, bytes);
}

async function* checkMagic(source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let isFirst = true;
  for await (const chunk of source) {
    if (isFirst && !(chunk[0] === 0x1f && (chunk.length < 2 || chunk[1] === 0x8b))) {
      const isHtml = /^\s*<(?:!doctype|html|\?xml)/i.test(chunk.toString('latin1', 0, 200));
      const start = JSON.stringify(chunk.toString('latin1', 0, 40));
      throw new SnapshotError(
        `is ${isHtml ? 'a web page instead of a gzip file' : 'not a gzip file'} (it begins with ${start})`,
      );
    }
    isFirst = false;
    yield chunk;
  }
  if (isFirst) throw new SnapshotError('is empty', { fault: 'transient' });
}

function isZlibError(error: unknown): error is Error & { code: string } {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')
  );
}
