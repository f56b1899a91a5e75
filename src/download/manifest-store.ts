import { UserError } from '../errors.ts';
import { JSON_TYPE, manifestKey } from '../lake/keys.ts';
import type { ETag, Lake, LakeOptions } from '../lake/lake.ts';
import type { Partition } from '../partition.ts';
import type { Manifest } from './manifest.ts';
import { mergeManifests } from './merge-manifests.ts';

/** A manifest and the version it was read as; `null` when the lake has none. */
export interface StoredManifest {
  readonly manifest: Manifest | undefined;
  readonly etag: ETag | null;
}

/** So many others may be faster before something is wrong. */
const MAX_SWAPS = 50;

/**
 * Reads a partition's manifest.
 * @throws {UserError} when there is one that cannot be read.
 */
export async function readManifest(
  { lake }: { lake: Lake },
  partition: Partition,
  options: LakeOptions = {},
): Promise<StoredManifest> {
  const key = manifestKey(partition);
  const object = await lake.read(key, options);
  if (!object) return { manifest: undefined, etag: null };
  return { manifest: parseManifest(object.body.toString('utf8'), `${lake.url}/${key}`), etag: object.etag };
}

/**
 * Writes a manifest over the version it is based on. When another run was faster, theirs is read and merged
 * with ours by IMDb id, and written again: neither run loses a title.
 * @param options.listed the ids that the manifest's index lists.
 * @returns what is now in the lake.
 */
export async function saveManifest(
  { lake }: { lake: Lake },
  manifest: Manifest,
  { basedOn, listed }: { basedOn: ETag | null; listed: ReadonlySet<string> },
): Promise<{ manifest: Manifest; etag: ETag }> {
  const key = manifestKey(manifest.partition);
  let ours = manifest;
  let expected = basedOn;
  for (let swap = 0; swap < MAX_SWAPS; swap += 1) {
    const etag = await lake.compareAndSwap(key, `${JSON.stringify(ours)}\n`, JSON_TYPE, expected);
    if (etag !== undefined) return { manifest: ours, etag };
    const theirs = await readManifest({ lake }, manifest.partition);
    expected = theirs.etag;
    if (theirs.manifest) ours = mergeManifests(theirs.manifest, ours, listed);
  }
  throw new UserError(
    `${lake.url}/${key} changed ${MAX_SWAPS} times while it was written: run the command again.`,
  );
}

/**
 * @param where for people.
 * @throws {UserError} when the text is not a manifest.
 */
export function parseManifest(text: string, where: string): Manifest {
  try {
    const manifest: Manifest = JSON.parse(text);
    if (manifest.titles && manifest.settings && manifest.counts && manifest.lastRun) return manifest;
  } catch (cause) {
    throw new UserError(`${where} is not JSON: delete it, and its partition is downloaded again.`, { cause });
  }
  throw new UserError(`${where} is no manifest: delete it, and its partition is downloaded again.`);
}
