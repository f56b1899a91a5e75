import type { Readable } from 'node:stream';

/** The version of an object, as its store names it; opaque, compared for equality only. */
export type ETag = string;

/** An object read whole. */
export interface LakeObject {
  readonly body: Buffer;
  readonly etag: ETag;
}

/** An object as a listing shows it. */
export interface LakeEntry {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: ETag;
  readonly lastModified: Date;
}

export interface LakeOptions {
  /** Aborts the call; it then throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The data lake: an S3 bucket, or a directory with the same layout. Keys are `/`-separated and come from `keys.ts`.
 * Writes are atomic: a reader never sees half an object. An object is reported as absent only when it certainly is: a
 * refusal (S3's 403) or any other failure is thrown as {@link UserError}, or as the store's own error.
 */
export interface Lake {
  /** For people: `s3://bucket` or the directory's path. */
  readonly url: string;

  /** Reads a whole object; `undefined` when it does not exist. */
  read(key: string, options?: LakeOptions): Promise<LakeObject | undefined>;

  /** Reads `length` bytes from `offset` of the version `ifMatch`; `undefined` when that version is gone. */
  readRange(
    key: string,
    range: { readonly offset: number; readonly length: number; readonly ifMatch: ETag },
    options?: LakeOptions,
  ): Promise<Buffer | undefined>;

  /** An object's bytes as a stream; `undefined` when it does not exist. */
  readStream(key: string, options?: LakeOptions): Promise<Readable | undefined>;

  /** Writes an object and replaces an earlier one. */
  write(key: string, body: string | Uint8Array, contentType: string, options?: LakeOptions): Promise<ETag>;

  /**
   * Writes an object from a stream of unknown length. When `source` throws, nothing is written and that error is
   * rethrown.
   */
  writeStream(
    key: string,
    source: AsyncIterable<Uint8Array>,
    contentType: string,
    options?: LakeOptions,
  ): Promise<ETag>;

  /**
   * Writes an object only when its version is still `expected` (`null`: only when it does not exist).
   * @returns the new version; `undefined` when another writer was faster and nothing was written.
   */
  compareAndSwap(
    key: string,
    body: string | Uint8Array,
    contentType: string,
    expected: ETag | null,
    options?: LakeOptions,
  ): Promise<ETag | undefined>;

  /** Every object whose key begins with `prefix`, in the order of keys. */
  list(prefix: string, options?: LakeOptions): AsyncIterable<LakeEntry>;
}

/** One object's entry in a listing; `undefined` when it does not exist. */
export async function findEntry(
  lake: Lake,
  key: string,
  options: LakeOptions,
): Promise<LakeEntry | undefined> {
  for await (const entry of lake.list(key, options)) if (entry.key === key) return entry;
  return undefined;
}
