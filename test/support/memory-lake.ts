import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { ETag, Lake, LakeEntry, LakeObject, LakeOptions } from '../../src/lake/lake.ts';

/** A completed call of a {@link MemoryLake}. */
export interface MemoryLakeCall {
  readonly name:
    | 'read'
    | 'readRange'
    | 'readStream'
    | 'write'
    | 'writeStream'
    | 'compareAndSwap'
    | 'list'
    | 'listFolders';
  readonly key: string;
  /** The bytes that were read or written; 0 when the object was missing or the write was rejected. */
  readonly bytes: number;
}

interface StoredObject {
  readonly body: Buffer;
  readonly etag: ETag;
  readonly lastModified: Date;
  readonly contentType: string;
}

/**
 * An in-memory lake with the guarantees of {@link Lake}: atomic writes, versions, `ifMatch` and compare-and-swap.
 * Versions are derived from the bytes, as in S3. Each call yields to the event loop once before it acts, so that
 * concurrent calls interleave.
 */
export class MemoryLake implements Lake {
  readonly url: string;
  /** All successful calls in order, for tests to count. */
  readonly calls: MemoryLakeCall[] = [];
  /** Runs before each call. Tests throw here to make a call fail, or change the lake between two calls. */
  beforeCall:
    | ((name: MemoryLakeCall['name'], key: string, options: LakeOptions | undefined) => unknown)
    | undefined;
  readonly #objects = new Map<string, StoredObject>();
  readonly #now: () => number;

  /** @param now returns the milliseconds since the epoch for `lastModified`. */
  constructor(url = 'memory://lake', now: () => number = () => 0) {
    this.url = url;
    this.#now = now;
  }

  /** The existing keys, sorted. */
  keys(prefix = ''): string[] {
    return [...this.#objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  }

  /** An object's text, or `undefined`. It does not count as a call. */
  text(key: string): string | undefined {
    return this.#objects.get(key)?.body.toString('utf8');
  }

  /** An object's bytes, or `undefined`. It does not count as a call. */
  bytes(key: string): Buffer | undefined {
    return this.#objects.get(key)?.body;
  }

  /** An object's content type, or `undefined`. */
  contentType(key: string): string | undefined {
    return this.#objects.get(key)?.contentType;
  }

  /** Adds an object. It does not count as a call. */
  put(key: string, body: string | Uint8Array, contentType = 'application/octet-stream'): ETag {
    const bytes = typeof body === 'string' ? Buffer.from(body) : Buffer.from(body);
    const etag = `"${createHash('md5').update(bytes).digest('hex')}"`;
    this.#objects.set(key, { body: bytes, etag, lastModified: new Date(this.#now()), contentType });
    return etag;
  }

  /** Removes an object. It does not count as a call. */
  remove(key: string): void {
    this.#objects.delete(key);
  }

  async read(key: string, options?: LakeOptions): Promise<LakeObject | undefined> {
    await this.#begin('read', key, options);
    const object = this.#objects.get(key);
    this.#end('read', key, object?.body.length ?? 0);
    return object && { body: Buffer.from(object.body), etag: object.etag };
  }

  async readRange(
    key: string,
    range: { readonly offset: number; readonly length: number; readonly ifMatch: ETag },
    options?: LakeOptions,
  ): Promise<Buffer | undefined> {
    await this.#begin('readRange', key, options);
    const object = this.#objects.get(key);
    if (object?.etag !== range.ifMatch) {
      this.#end('readRange', key, 0);
      return undefined;
    }
    const end = range.offset + range.length;
    if (range.length < 1 || end > object.body.length) {
      throw new RangeError(`bytes ${range.offset} to ${end} are not in ${key}`);
    }
    this.#end('readRange', key, range.length);
    return Buffer.from(object.body.subarray(range.offset, end));
  }

  async readStream(key: string, options?: LakeOptions): Promise<Readable | undefined> {
    await this.#begin('readStream', key, options);
    const object = this.#objects.get(key);
    this.#end('readStream', key, object?.body.length ?? 0);
    return object && Readable.from(inChunks(object.body));
  }

  async write(
    key: string,
    body: string | Uint8Array,
    contentType: string,
    options?: LakeOptions,
  ): Promise<ETag> {
    await this.#begin('write', key, options);
    this.#end('write', key, Buffer.byteLength(body));
    return this.put(key, body, contentType);
  }

  async writeStream(
    key: string,
    source: AsyncIterable<Uint8Array>,
    contentType: string,
    options?: LakeOptions,
  ): Promise<ETag> {
    await this.#begin('writeStream', key, options);
    const parts: Buffer[] = [];
    for await (const part of source) {
      options?.signal?.throwIfAborted();
      parts.push(Buffer.from(part));
    }
    const body = Buffer.concat(parts);
    this.#end('writeStream', key, body.length);
    return this.put(key, body, contentType);
  }

  async compareAndSwap(
    key: string,
    body: string | Uint8Array,
    contentType: string,
    expected: ETag | null,
    options?: LakeOptions,
  ): Promise<ETag | undefined> {
    await this.#begin('compareAndSwap', key, options);
    const swapped = (this.#objects.get(key)?.etag ?? null) === expected;
    this.#end('compareAndSwap', key, swapped ? Buffer.byteLength(body) : 0);
    return swapped ? this.put(key, body, contentType) : undefined;
  }

  async *list(prefix: string, options?: LakeOptions): AsyncIterable<LakeEntry> {
    await this.#begin('list', prefix, options);
    this.#end('list', prefix, 0);
    for (const key of this.keys(prefix)) {
      options?.signal?.throwIfAborted();
      const object = this.#objects.get(key);
      if (object === undefined) continue;
      const { body, etag, lastModified } = object;
      yield { key, sizeBytes: body.length, etag, lastModified };
    }
  }

  async listFolders(prefix: string, options?: LakeOptions): Promise<string[]> {
    await this.#begin('listFolders', prefix, options);
    this.#end('listFolders', prefix, 0);
    const folders = this.keys(prefix).flatMap((key) => {
      const slash = key.indexOf('/', prefix.length);
      return slash < 0 ? [] : key.slice(0, slash + 1);
    });
    return [...new Set(folders)];
  }

  async #begin(name: MemoryLakeCall['name'], key: string, options: LakeOptions | undefined): Promise<void> {
    await Promise.resolve();
    options?.signal?.throwIfAborted();
    await this.beforeCall?.(name, key, options);
  }

  #end(name: MemoryLakeCall['name'], key: string, bytes: number): void {
    this.calls.push({ name, key, bytes });
  }
}

/** Splits bytes into chunks as a socket would, so that readers cannot rely on receiving whole objects. */
function* inChunks(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.length; at += 65_536) yield Buffer.from(body.subarray(at, at + 65_536));
}
