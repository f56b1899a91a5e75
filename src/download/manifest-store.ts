import { createHash } from 'node:crypto';
import type { Clock } from '../clock.ts';
import { UserError } from '../errors.ts';
import type { Title } from '../imdb/partition-index.ts';
import { damagedManifestKey, JSON_TYPE, manifestKey } from '../lake/keys.ts';
import type { ETag, Lake, LakeOptions } from '../lake/lake.ts';
import { type LakeSource, requireSource } from '../lake/source.ts';
import type { Partition } from '../partition.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import { CHECKPOINT_SECONDS } from '../worker-contract.ts';
import {
  completeManifest,
  laterDay,
  laterState,
  type Manifest,
  mergeManifests,
  NO_COUNTS,
  type Outcome,
  type TitleState,
} from './manifest.ts';
import { DamagedManifestError, parseManifest } from './parse-manifest.ts';

/** A manifest and the version that was read; `etag` is `null` if the lake has no manifest. */
interface StoredManifest {
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

/**
 * Writes a manifest by compare-and-swap. If another run has written it in the meantime, merges the two by IMDb ID and
 * retries, so that neither run loses a title.
 * @param options.basedOn the version that `manifest` is based on; `null` if there was none.
 * @param options.listed the IDs that the index lists.
 * @returns the manifest that was written, and its version.
 * @throws {UserError} after {@link MAX_SWAPS} lost swaps.
 */
async function saveManifest(
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
    const theirs = await readManifestToUpdate({ lake }, manifest.partition);
    expected = theirs.etag;
    requireSource(lake, theirs.manifest?.source, manifest.source);
    if (theirs.manifest) ours = mergeManifests(theirs.manifest, ours, listed);
  }
  throw new UserError(
    `Other processes changed ${lake.url}/${key} ${MAX_SWAPS} times while it was being written: run the command again.`,
  );
}

/** Writes the manifest of a run: checkpoints during the run, and the final state. */
interface ManifestWriter {
  /** Writes the manifest if the last write was {@link CHECKPOINT_SECONDS} ago and no write is in progress. */
  checkpoint(): Promise<void>;
  /** Writes the manifest now. Titles that a concurrent run has written are merged into `known`. */
  save(outcome: Outcome): Promise<Manifest>;
  /** Whether all listed titles are done. */
  isComplete(): boolean;
}

/**
 * Creates the manifest writer of one run.
 * @param state.stored the manifest and version in the lake when the run started.
 * @param state.known the title states by IMDb ID: the run updates them, the writer writes them.
 * @param state.touched the IDs that the run has looked up.
 * @param state.requests returns how many requests this run has sent to TMDB.
 */
export function createManifestWriter(
  { lake, clock }: { lake: Lake; clock: Clock },
  job: {
    readonly partition: Partition;
    readonly snapshot: string;
    readonly settings: LookupSettings;
    readonly source?: { readonly source: LakeSource };
    readonly run: string;
    readonly titles: readonly Title[];
  },
  {
    stored,
    known,
    touched,
    startedAt,
    requests,
  }: {
    stored: StoredManifest;
    known: Map<string, TitleState>;
    touched: ReadonlySet<string>;
    startedAt: string;
    requests: () => number;
  },
): ManifestWriter {
  const { partition, snapshot, settings, source, run } = job;
  const listed = new Set(job.titles.map(({ imdbId }) => imdbId));
  let etag = stored.etag;
  let savedMs = clock.monotonic();
  let writing: Promise<unknown> | undefined;

  async function write(outcome: Outcome): Promise<Manifest> {
    const sent = create(outcome);
    const saved = await saveManifest({ lake }, sent, { basedOn: etag, listed });
    etag = saved.etag;
    savedMs = clock.monotonic();
    for (const [imdbId, title] of Object.entries(saved.manifest.titles)) {
      if (title === sent.titles[imdbId]) continue; // Our own state: `known` may already be newer.
      const ours = known.get(imdbId);
      known.set(imdbId, ours ? laterState(title, ours) : title);
    }
    return saved.manifest;
  }

  function create(outcome: Outcome): Manifest {
    const titles = Object.fromEntries(known);
    const manifest = {
      partition,
      snapshot: laterDay(snapshot, stored.manifest?.snapshot ?? snapshot),
      settings,
      ...sourceSoFar(),
      complete: false,
      counts: NO_COUNTS,
      lastRun: {
        run,
        startedAt,
        endedAt: new Date(clock.now()).toISOString(),
        outcome,
        requests: requests(),
      },
      titles,
    };
    return completeManifest(manifest, listed);
  }

  /** A run that has looked up nothing does not know where the titles come from. */
  function sourceSoFar(): Pick<Manifest, 'source'> {
    const recorded = touched.size > 0 ? source?.source : stored.manifest?.source;
    return recorded ? { source: recorded } : {};
  }

  return {
    async checkpoint() {
      if (writing || clock.monotonic() - savedMs < CHECKPOINT_SECONDS * 1_000) return;
      writing = write('running').finally(() => {
        writing = undefined;
      });
      await writing;
    },
    async save(outcome) {
      await writing;
      return write(outcome);
    },
    isComplete: () => create('running').complete,
  };
}
