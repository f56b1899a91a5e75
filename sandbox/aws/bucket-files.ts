import { createHash, randomUUID } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { AwsError } from './aws-call.ts';

/** An object's metadata in S3. */
export interface ObjectInfo {
  readonly key: string;
  readonly file: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  /** Including the quotes. */
  readonly etag: string;
  readonly contentType: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** An object's metadata that a file cannot store. It is valid while size and time match those of the file. */
interface Label {
  sizeBytes: number;
  modifiedMs: number;
  etag: string;
  contentType: string;
  metadata: Record<string, string>;
}

/** Stores buckets as folders, and objects as plain files in them. */
export interface BucketFiles {
  /** Returns an object, or `undefined`. Files that were added by hand are objects, too. */
  find(bucket: string, key: string): ObjectInfo | undefined;
  /** Writes or replaces a file atomically. `etag` defaults to the MD5 of the bytes. */
  put(
    bucket: string,
    key: string,
    body: Buffer,
    label: { contentType: string; metadata: Record<string, string>; etag?: string },
  ): ObjectInfo;
  /** Removes a file, and folders that become empty. */
  remove(bucket: string, key: string): void;
  /** Lists objects in S3's order, starting after the key `after`. */
  list(bucket: string, prefix: string, after: string): Generator<ObjectInfo>;
  createBucket(bucket: string): void;
  removeBucket(bucket: string): void;
  /** Returns the labels that cannot be derived from the files. */
  labels(): Record<string, Label>;
}

/**
 * @param folder the folder of the buckets. A bucket's dot files are not objects: half-written files begin with `.tmp-`.
 * @param labels the {@link BucketFiles.labels} of an earlier run.
 */
export function openBucketFiles(folder: string, labels: Record<string, Label> = {}): BucketFiles {
  const known = new Map(Object.entries(labels));
  const fileOf = (bucket: string, key: string) => join(folder, bucket, ...segmentsOf(key));

  function find(bucket: string, key: string): ObjectInfo | undefined {
    const file = fileOf(bucket, key);
    const stat = statOf(file);
    if (!stat?.isFile()) return undefined;
    const id = `${bucket}/${key}`;
    let label = known.get(id);
    if (label?.sizeBytes !== stat.size || label.modifiedMs !== stat.mtimeMs) {
      label = {
        sizeBytes: stat.size,
        modifiedMs: stat.mtimeMs,
        etag: md5Of(readFileSync(file)),
        contentType: contentTypeOf(key),
        metadata: {},
      };
      known.set(id, label);
    }
    return { ...label, key, file };
  }

  function* walk(bucket: string, path: string, prefix: string, after: string): Generator<ObjectInfo> {
    const names = readdirSync(join(folder, bucket, path), { withFileTypes: true })
      .filter((entry) => !entry.name.startsWith('.tmp-'))
      .map((entry) => (entry.isDirectory() ? `${path}${entry.name}/` : `${path}${entry.name}`));
    for (const name of names.sort(compareUtf8)) {
      if (name.endsWith('/')) {
        const mayHold = name.startsWith(prefix) || prefix.startsWith(name);
        const isPast = compareUtf8(name, after) <= 0 && !after.startsWith(name);
        if (mayHold && !isPast) yield* walk(bucket, name, prefix, after);
      } else if (name.startsWith(prefix) && compareUtf8(name, after) > 0) {
        const object = find(bucket, name);
        if (object) yield object;
      }
    }
  }

  return {
    find,
    put(bucket, key, body, { contentType, metadata, etag = md5Of(body) }) {
      const file = fileOf(bucket, key);
      const temporary = join(folder, bucket, `.tmp-${randomUUID()}`);
      try {
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(temporary, body);
        renameSync(temporary, file);
      } catch (error) {
        rmSync(temporary, { force: true });
        throw isClash(error) ? invalidKey(key) : error;
      }
      const { size: sizeBytes, mtimeMs: modifiedMs } = statSync(file);
      const label = { sizeBytes, modifiedMs, etag, contentType, metadata };
      known.set(`${bucket}/${key}`, label);
      return { ...label, key, file };
    },
    remove(bucket, key) {
      if (find(bucket, key) === undefined) return;
      const file = fileOf(bucket, key);
      rmSync(file);
      known.delete(`${bucket}/${key}`);
      for (let parent = dirname(file); parent !== join(folder, bucket); parent = dirname(parent)) {
        if (readdirSync(parent).length > 0) break;
        rmdirSync(parent);
      }
    },
    list: (bucket, prefix, after) => walk(bucket, '', prefix, after),
    createBucket: (bucket) => void mkdirSync(join(folder, bucket), { recursive: true }),
    removeBucket: (bucket) => rmSync(join(folder, bucket), { recursive: true, force: true }),
    labels: () =>
      Object.fromEntries(
        [...known].filter(
          ([id, { etag, contentType, metadata }]) =>
            etag.includes('-') || contentType !== contentTypeOf(id) || Object.keys(metadata).length > 0,
        ),
      ),
  };
}

function statOf(file: string): Stats | undefined {
  try {
    return statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    // A prefix of the key is an object.
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return undefined;
    throw error;
  }
}

function md5Of(body: Buffer): string {
  return `"${createHash('md5').update(body).digest('hex')}"`;
}

function contentTypeOf(key: string): string {
  return key.endsWith('.json') ? 'application/json' : 'binary/octet-stream';
}

/** Whether one key is a folder of another. S3 can store both, but a file system cannot. */
function isClash(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return ['ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY', 'ENAMETOOLONG'].includes(code);
}

/** Splits a key. Rejects keys that are not valid paths, so that listings return exactly the keys that were written. */
function segmentsOf(key: string): string[] {
  const segments = key.split('/');
  const isPath = segments.every(
    (segment) =>
      segment !== '' &&
      segment !== '.' &&
      segment !== '..' &&
      !segment.startsWith('.tmp-') &&
      !segment.includes('\0') &&
      Buffer.byteLength(segment) <= 255,
  );
  if (!isPath) throw invalidKey(key);
  return segments;
}

/** Creates the error for a key that cannot be a file. */
function invalidKey(key: string): AwsError {
  return new AwsError(
    501,
    'NotImplemented',
    `The sandbox stores objects as plain files and cannot store ${JSON.stringify(key)}.`,
  );
}

/** Compares by UTF-8 bytes, as S3 sorts; JavaScript compares UTF-16 units. */
function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
