import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, type Gunzip } from 'node:zlib';
import { SnapshotError } from './snapshot-error.ts';

/** Both sides of gunzip work in pieces of this size: 64 KB and Node's 16 KB cost three times as much. */
export const CHUNK_BYTES = 1_048_576;
const CHUNKS_AHEAD = 2;

/**
 * Unpacks gzipped bytes and gives the plain ones to `onChunk`, about a megabyte at a time.
 * @throws {SnapshotError} when the bytes are not a gzip file, or not a complete one; what `source` or `onChunk` throws.
 */
export async function readGzip(
  source: AsyncIterable<Uint8Array>,
  onChunk: (chunk: Buffer) => void,
): Promise<void> {
  const gunzip = createGunzip({ chunkSize: CHUNK_BYTES });
  const sink = new Writable({
    highWaterMark: 2 * CHUNK_BYTES,
    // A tick later gunzip's own thread is at work on the next chunk. (An async iterator would do the same, but joins
    // what has gathered to one piece, which is a copy of everything.)
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
    const what = error.code === 'Z_BUF_ERROR' ? 'is cut off before its end' : `is damaged (${error.message})`;
    throw new SnapshotError(what, { cause: error });
  }
}

/**
 * Writes to gunzip, always some chunks ahead. `pipeline` would not do: it waits for `drain`, which comes when nothing
 * is left to do, and gunzip's thread then idles while the next chunk is fetched: a quarter of the time.
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

/** Joins small pieces, as sockets give them, to pieces of `size` bytes. */
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
      const met = JSON.stringify(chunk.toString('latin1', 0, 40));
      throw new SnapshotError(
        `is no gzip file but ${isHtml ? 'a web page' : 'something else'}, beginning with ${met}`,
      );
    }
    isFirst = false;
    yield chunk;
  }
  if (isFirst) throw new SnapshotError('is empty');
}

function isZlibError(error: unknown): error is Error & { code: string } {
  return (
    error instanceof Error && 'code' in error && typeof error.code === 'string' && error.code.startsWith('Z_')
  );
}
