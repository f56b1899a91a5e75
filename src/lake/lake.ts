import type { Readable } from 'node:stream';
import { UsageError, UserError } from '../errors.ts';

/** The bucket of a lake does not exist. */
export class BucketMissingError extends UsageError {}

/** The store of a lake does not answer, or fails: the same call may succeed later. */
export class LakeUnavailableError extends UserError {
  override readonly name = 'LakeUnavailableError';
}

/** The version of an object. Opaque: compare it for equality only. */
export type ETag = string;

/** The content of an object and its version. */
export interface LakeObject {
  readonly body: Buffer;
  readonly etag: ETag;
}

/** An object in a listing. */
export interface LakeEntry {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: ETag;
  readonly lastModified: Date;
}

export interface LakeOptions {
  /** Aborts the call, which then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The data lake: an S3 bucket, or a directory with the same layout. Keys are separated by `/` and come from `keys.ts`.
 * Writes are atomic: a reader never sees part of an object. Methods report an object as absent only if it certainly is;
 * a 403 from S3 or any other failure throws a {@link UserError} or the error of the store.
 */
export interface Lake {
  /** The location for messages: `s3://bucket` or the absolute path of the directory. */
  readonly url: string;

  /** Reads an object. @returns `undefined` if it does not exist. */
  read(key: string, options?: LakeOptions): Promise<LakeObject | undefined>;

  /**
   * Reads `length` bytes from `offset`, if the version of the object is still `ifMatch`.
   * @returns `undefined` if the object does not exist or has another version.
   * @throws {UserError} when the object ends before the range does.
   */
  readRange(
    key: string,
    range: { readonly offset: number; readonly length: number; readonly ifMatch: ETag },
    options?: LakeOptions,
  ): Promise<Buffer | undefined>;

  /** Opens a stream of the bytes of an object. @returns `undefined` if it does not exist. */
  readStream(key: string, options?: LakeOptions): Promise<Readable | undefined>;

  /** Writes an object, replacing any existing one. @returns the new version. */
  write(key: string, body: string | Uint8Array, contentType: string, options?: LakeOptions): Promise<ETag>;

  /**
   * Writes an object from a stream of unknown length, replacing any existing one.
   * @returns the new version.
   * @throws the error of `source`, if it throws; nothing is written then.
   */
  writeStream(
    key: string,
    source: AsyncIterable<Uint8Array>,
    contentType: string,
    options?: LakeOptions,
  ): Promise<ETag>;

  /**
   * Conditional write (compare-and-swap): writes an object only if its version is still `expected` (`null`: only if it does not exist).
   * @returns the new version; `undefined` if the version differs, in which case nothing is written.
   */
  compareAndSwap(
    key: string,
    body: string | Uint8Array,
    contentType: string,
    expected: ETag | null,
    options?: LakeOptions,
  ): Promise<ETag | undefined>;

  /** Lists the objects whose keys begin with `prefix`, sorted by the UTF-8 bytes of their keys. */
  list(prefix: string, options?: LakeOptions): AsyncIterable<LakeEntry>;

  /**
   * Lists the folders directly below `prefix`, without listing what is in them.
   * @returns their key prefixes, such as `tmdb/movies/year-2004/` for `tmdb/movies/`, sorted by UTF-8 bytes. A directory may
   *   also have folders that contain no objects.
   */
  listFolders(prefix: string, options?: LakeOptions): Promise<string[]>;
}

/** Wraps a lake so that `signal` aborts its calls, unless they have a signal of their own. */
export function withSignal(lake: Lake, signal: AbortSignal): Lake {
  const add = (options: LakeOptions = {}): LakeOptions => ({ signal, ...options });
  return {
    url: lake.url,
    read: (key, options) => lake.read(key, add(options)),
    readRange: (key, range, options) => lake.readRange(key, range, add(options)),
    readStream: (key, options) => lake.readStream(key, add(options)),
    write: (key, body, contentType, options) => lake.write(key, body, contentType, add(options)),
    writeStream: (key, source, contentType, options) =>
      lake.writeStream(key, source, contentType, add(options)),
    compareAndSwap: (key, body, contentType, expected, options) =>
      lake.compareAndSwap(key, body, contentType, expected, add(options)),
    list: (prefix, options) => lake.list(prefix, add(options)),
    listFolders: (prefix, options) => lake.listFolders(prefix, add(options)),
  };
}

/** Finds the listing entry of one object. @returns `undefined` if it does not exist. */
export async function findEntry(
  lake: Lake,
  key: string,
  options: LakeOptions,
): Promise<LakeEntry | undefined> {
  for await (const entry of lake.list(key, options)) if (entry.key === key) return entry;
  return undefined;
}
