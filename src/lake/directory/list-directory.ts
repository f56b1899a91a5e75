import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { LakeEntry } from '../lake.ts';
import { isFileError } from './file-errors.ts';
import { fileETag, isSegment, PRIVATE_FOLDER } from './lake-files.ts';

/** The number of concurrent `stat` calls. More would not be faster on Node's four file system threads. */
const STATS_AT_ONCE = 64;

/**
 * Lists the objects under `root` whose keys begin with `prefix`, in the same order as S3: by the UTF-8 bytes of the key.
 * Opens only folders that can match. Skips files that are deleted during the listing.
 */
export async function* listDirectory(
  root: string,
  prefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<LakeEntry, void, undefined> {
  const place = splitPrefix(prefix);
  if (place !== undefined) yield* listFolder(root, place.folderKey, place.namePrefix, signal);
}

/** Lists the key prefixes of the folders under `root` that begin with `prefix`, without opening them. */
export async function listSubfolders(root: string, prefix: string): Promise<string[]> {
  const place = splitPrefix(prefix);
  if (place === undefined) return [];
  const children = await readChildren(root, place.folderKey, place.namePrefix);
  return children.flatMap(({ entry }) => (entry.isDirectory() ? `${place.folderKey}${entry.name}/` : []));
}

/** Splits a key prefix after its last slash; `undefined` if no key can begin with it. */
function splitPrefix(prefix: string): { folderKey: string; namePrefix: string } | undefined {
  const segments = prefix.split('/');
  const namePrefix = segments.pop() ?? '';
  if (!segments.every(isSegment) || segments[0] === PRIVATE_FOLDER) return undefined;
  return { folderKey: segments.map((segment) => `${segment}/`).join(''), namePrefix };
}

/** `folderKey` is empty or ends with `/`. */
async function* listFolder(
  root: string,
  folderKey: string,
  namePrefix: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<LakeEntry, void, undefined> {
  const children = await readChildren(root, folderKey, namePrefix);
  let next = 0;
  while (next < children.length) {
    signal?.throwIfAborted();
    const batch = children.slice(next, next + STATS_AT_ONCE);
    next += batch.length;
    const entries = await Promise.all(
      batch.map(({ entry }) => (entry.isDirectory() ? entry : readEntry(root, `${folderKey}${entry.name}`))),
    );
    for (const entry of entries) {
      if (entry === undefined) continue;
      if ('key' in entry) yield entry;
      else yield* listFolder(root, `${folderKey}${entry.name}/`, '', signal);
    }
  }
}

/** Reads the entries of a folder whose names begin with `namePrefix`, sorted as their keys are. */
async function readChildren(root: string, folderKey: string, namePrefix: string) {
  const entries = await readFolder(join(root, folderKey));
  return entries
    .filter(({ name }) => name.startsWith(namePrefix) && !(folderKey === '' && name === PRIVATE_FOLDER))
    .map((entry) => ({ entry, sortKey: Buffer.from(entry.isDirectory() ? `${entry.name}/` : entry.name) }))
    .sort((a, b) => Buffer.compare(a.sortKey, b.sortKey));
}

/** Reads the entries of a folder; none if it does not exist. A symbolic link to a folder counts as a folder. */
async function readFolder(path: string): Promise<{ name: string; isDirectory(): boolean }[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (isFileError(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
  return Promise.all(
    entries.map(async (entry) => {
      if (!entry.isSymbolicLink()) return entry;
      const target = await statIfExists(join(path, entry.name));
      return { name: entry.name, isDirectory: () => target?.isDirectory() ?? false };
    }),
  );
}

async function readEntry(root: string, key: string): Promise<LakeEntry | undefined> {
  const stats = await statIfExists(join(root, key));
  if (!stats?.isFile()) return undefined;
  return { key, sizeBytes: Number(stats.size), etag: fileETag(stats), lastModified: stats.mtime };
}

async function statIfExists(path: string) {
  try {
    return await stat(path, { bigint: true });
  } catch (error) {
    if (isFileError(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}
