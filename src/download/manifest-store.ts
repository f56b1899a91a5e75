import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../errors.ts';
import { damagedManifestKey, JSON_TYPE, manifestKey } from '../lake/keys.ts';
import type { ETag, Lake, LakeOptions } from '../lake/lake.ts';
import { requireSource } from '../lake/source.ts';
import { type Partition, partitionName } from '../partition.ts';
import { toOneLine } from '../text.ts';
import { areSameSettings, type LastRun, type Manifest, markOverwritten, mergeManifests } from './manifest.ts';
import type { Parts } from './manifest-parts.ts';
import { DamagedManifestError, parseManifest } from './parse-manifest.ts';

/** A manifest and the version that was read; `etag` is `null` if the lake has no manifest. */
export interface StoredManifest {
  readonly manifest: Manifest | undefined;
  readonly etag: ETag | null;
  /** Set if the manifest was damaged: the location of its copy. */
  readonly setAside?: string;
}

/** After this many lost compare-and-swaps, something other than a concurrent run must be wrong. */
const MAX_SWAPS = 50;

/**
 * Reads the manifest of a partition.
 * @returns the manifest and its version; `undefined` and `null` if there is none.
 * @throws {DamagedManifestError} when the manifest is damaged.
 * @throws {NewerManifestError} when a newer version of this program wrote it.
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
 * Reads the manifest of a partition in order to replace it. A damaged manifest is first copied to another key, where it
 * is kept, and then counts as absent: its titles are downloaded again.
 * @throws {NewerManifestError} when a newer version of this program wrote it.
 */
export async function readManifestToUpdate(
  { lake }: { lake: Lake },
  partition: Partition,
): Promise<StoredManifest> {
  const key = manifestKey(partition);
  const object = await lake.read(key);
  if (!object) return { manifest: undefined, etag: null };
  const { body, etag } = object;
  try {
    return { manifest: parseManifest(body.toString('utf8'), `${lake.url}/${key}`), etag };
  } catch (error) {
    if (!(error instanceof DamagedManifestError)) throw error;
    const hash = createHash('sha256').update(body).digest('hex').slice(0, 16);
    const copy = damagedManifestKey(partition, hash);
    await lake.write(copy, body, JSON_TYPE);
    return { manifest: undefined, etag, setAside: `${lake.url}/${copy}` };
  }
}

/** Another run with other settings works on the partition, or has worked on it since this run began. */
export class OtherSettingsError extends UserError {
  override readonly name = 'OtherSettingsError';
}

/**
 * Writes a manifest by compare-and-swap. If another run has written it in the meantime, merges the two by IMDb ID and
 * retries, so that neither run loses a title.
 *
 * A run with other settings writes other documents under the same keys, so its manifest is never replaced: this run must
 * stop. Documents that this run wrote without having recorded them may have replaced those of the other run, so these
 * titles are first marked as failed in its manifest.
 * @param options.basedOn the version that `manifest` is based on; `null` if there was none.
 * @param options.listed the IDs that the index lists.
 * @param options.written the titles whose documents this run may have written.
 * @param options.composed the parts that this run has just written, if it has.
 * @param options.unrecorded the titles whose documents this run wrote since it last wrote its manifest. `undefined` while
 *   it may still write documents: the caller calls again when it has stopped.
 * @returns the manifest that was written, and its version.
 * @throws {OtherSettingsError} when a run with other settings has written the manifest.
 * @throws {UserError} after {@link MAX_SWAPS} lost swaps.
 */
export async function saveManifest(
  { lake }: { lake: Lake },
  manifest: Manifest,
  {
    basedOn,
    listed,
    written,
    composed,
    unrecorded,
  }: {
    basedOn: ETag | null;
    listed: ReadonlySet<string>;
    written: readonly string[];
    composed: Parts | undefined;
    unrecorded: ReadonlySet<string> | undefined;
  },
): Promise<{ manifest: Manifest; etag: ETag }> {
  const key = manifestKey(manifest.partition);
  let ours = manifest;
  let expected = basedOn;
  let other: Manifest | undefined;
  for (let swap = 0; swap < MAX_SWAPS; swap += 1) {
    const sent = other ? markOverwritten(other, ours, unrecorded ?? new Set(), listed) : ours;
    const etag = await lake.compareAndSwap(key, `${JSON.stringify(sent)}\n`, JSON_TYPE, expected);
    if (etag !== undefined && other) throw otherSettings(other, manifest);
    if (etag !== undefined) return { manifest: sent, etag };
    const theirs = await readManifestToUpdate({ lake }, manifest.partition);
    expected = theirs.etag;
    // It was written, but the response was lost, so that the retry of the request conflicted with it.
    if (expected !== null && !other && isDeepStrictEqual(theirs.manifest, sent))
      return { manifest: sent, etag: expected };
    requireSource(lake, theirs.manifest?.source, manifest.source);
    other = undefined;
    if (!theirs.manifest) continue;
    if (areSameSettings(theirs.manifest.settings, manifest.settings)) {
      const parts = composed && { parts: composed, titles: manifest.titles };
      ours = mergeManifests(theirs.manifest, ours, listed, written, parts);
    } else if (unrecorded === undefined || unrecorded.size === 0) {
      throw otherSettings(theirs.manifest, manifest);
    } else {
      other = theirs.manifest;
    }
  }
  throw new UserError(
    `Other processes changed ${lake.url}/${key} ${MAX_SWAPS} times while it was being written: run the command again.`,
  );
}

/** Records a run in a manifest, and nothing else. If another run has written the manifest in the meantime, that one counts. */
export async function saveLastRun(
  { lake }: { lake: Lake },
  manifest: Manifest,
  lastRun: LastRun,
  basedOn: ETag | null,
): Promise<void> {
  const text = `${JSON.stringify({ ...manifest, lastRun })}\n`;
  await lake.compareAndSwap(manifestKey(manifest.partition), text, JSON_TYPE, basedOn);
}

function otherSettings(
  { settings: theirs }: Manifest,
  { partition, settings: ours }: Manifest,
): OtherSettingsError {
  const differences = (['lookup', 'language', 'reviewLanguage', 'append'] as const).flatMap((name) => {
    const [there, here] = [String(theirs[name]) || 'nothing', String(ours[name]) || 'nothing'];
    return there === here ? [] : `${VARIABLES[name]} is ${toOneLine(there)} there and ${here} here`;
  });
  return new OtherSettingsError(
    `Another run with other settings (${differences.join('; ')}) has taken over partition ${partitionName(partition)}, so this run stopped: let the other one finish, and run the command again if you want these settings.`,
  );
}

const VARIABLES = {
  lookup: 'TMDB_LOOKUP',
  language: 'TMDB_LANGUAGE',
  reviewLanguage: 'TMDB_REVIEW_LANGUAGE',
  append: 'TMDB_APPEND',
} as const;
