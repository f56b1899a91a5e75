import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gunzipSync, type ZlibOptions } from 'node:zlib';
import { GZIP_TYPE, type PartTable, partKey } from '../lake/keys.ts';
import type { Lake, LakeOptions } from '../lake/lake.ts';
import type { Partition } from '../partition.ts';
import { compress, compressOnce } from './compress.ts';

/** What a manifest records of a part. */
export interface PartRecord {
  /** The number of lines. */
  readonly rows: number;
  /** The size of the object. */
  readonly bytes: number;
  /** The SHA-256 of the object's bytes, in hexadecimal. An ETag would change when a lake is copied. */
  readonly sha256: string;
}

/** A part that is not yet in a lake: its bytes and its record. */
export interface EncodedPart {
  readonly body: Uint8Array;
  readonly record: PartRecord;
}

/** Lines are compressed in pieces of this size. */
const PIECE_CHARS = 256 * 1024;
/** Smaller parts are decompressed at once. */
const SMALL_BYTES = 64 * 1024;
/** Larger parts are decompressed in several chunks. */
const MAX_CHUNK_BYTES = 1024 * 1024;
/** zlib's default. */
const LEVEL = 6;

/**
 * Compresses lines to a part: one gzip member, whose bytes depend only on the lines.
 * @param lines without line feeds.
 * @throws any error that `lines` throws, and the signal's reason.
 */
export async function encodePart(
  lines: Iterable<string> | AsyncIterable<string>,
  { signal }: LakeOptions = {},
): Promise<EncodedPart> {
  signal?.throwIfAborted();
  let rows = 0;
  const pieces = joinLines();
  const first = await pieces.next();
  const second = first.done ? first : await pieces.next();
  // Most parts are small. For these, a stream would take longer than compressing.
  const body = second.done
    ? await compressOnce(Buffer.from(first.value ?? ''), LEVEL)
    : await collect(compress(prepend([first.value ?? '', second.value], pieces), LEVEL), signal);
  const sha256 = createHash('sha256').update(body).digest('hex');
  return { body, record: { rows, bytes: body.length, sha256 } };

  async function* joinLines(): AsyncGenerator<string, undefined> {
    let piece = '';
    for await (const line of lines) {
      rows += 1;
      piece += `${line}\n`;
      if (piece.length < PIECE_CHARS) continue;
      yield piece;
      piece = '';
    }
    if (piece !== '') yield piece;
  }
}

async function* prepend(first: Iterable<string>, rest: AsyncIterable<string>): AsyncGenerator<string> {
  yield* first;
  yield* rest;
}

async function collect(compressed: AsyncIterable<Buffer>, signal: AbortSignal | undefined): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of compressed) {
    signal?.throwIfAborted();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The tables that have parts. */
export const PART_TABLES = ['movies', 'reviews'] as const satisfies readonly PartTable[];

/** Writes both parts of a partition into the lake, see {@link writePart}. */
export async function writeBothParts(
  { lake }: { readonly lake: Lake },
  partition: Partition,
  encoded: Readonly<Record<PartTable, EncodedPart>>,
  options: LakeOptions = {},
): Promise<Record<PartTable, PartRecord>> {
  const [movies, reviews] = await Promise.all([
    writePart({ lake }, 'movies', partition, encoded.movies, options),
    writePart({ lake }, 'reviews', partition, encoded.reviews, options),
  ]);
  return { movies, reviews };
}

/** Writes a part into the lake. @returns its record, which the caller writes into the manifest afterwards. */
export async function writePart(
  { lake }: { readonly lake: Lake },
  table: PartTable,
  partition: Partition,
  { body, record }: EncodedPart,
  options: LakeOptions = {},
): Promise<PartRecord> {
  await lake.write(partKey(table, partition), body, GZIP_TYPE, options);
  return record;
}

/**
 * Reads a part.
 * @param record from the manifest.
 * @returns its lines, without line feeds; `undefined` if the lake has no part, or another one than `record` describes.
 */
export async function readPart(
  { lake }: { readonly lake: Lake },
  table: PartTable,
  partition: Partition,
  { bytes, sha256 }: PartRecord,
  options: LakeOptions = {},
): Promise<string[] | undefined> {
  const object = await lake.read(partKey(table, partition), options);
  if (object?.body.length !== bytes) return undefined;
  if (createHash('sha256').update(object.body).digest('hex') !== sha256) return undefined;
  return splitLines(await decompress(object.body));
}

/**
 * Reads both parts of a partition, see {@link readPart}.
 * @returns their lines; `undefined` unless the lake has both as recorded.
 */
export async function readBothParts(
  { lake }: { readonly lake: Lake },
  partition: Partition,
  records: Readonly<Record<PartTable, PartRecord>>,
  options: LakeOptions = {},
): Promise<Record<PartTable, string[]> | undefined> {
  const [movies, reviews] = await Promise.all([
    readPart({ lake }, 'movies', partition, records.movies, options),
    readPart({ lake }, 'reviews', partition, records.reviews, options),
  ]);
  return movies && reviews && { movies, reviews };
}

const gunzipLater = promisify<Uint8Array, ZlibOptions, Buffer>(gunzip);

/** The last four bytes are the length of the text: with one chunk for all of it, small parts take a quarter less time. */
async function decompress(part: Buffer): Promise<Buffer> {
  const length = part.readUInt32LE(part.length - 4);
  // zlib's smallest chunk has 64 bytes, and one that becomes full is followed by another.
  const options = { chunkSize: Math.min(length + 64, MAX_CHUNK_BYTES) };
  return part.length < SMALL_BYTES ? gunzipSync(part, options) : gunzipLater(part, options);
}

/** Decodes line by line, because a part can be longer than the longest string. */
function splitLines(bytes: Buffer): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
    lines.push(bytes.toString('utf8', start, end));
    start = end + 1;
  }
  return lines;
}
