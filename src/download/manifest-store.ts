import type { Clock } from '../clock.ts';
import { UserError } from '../errors.ts';
import type { Title } from '../imdb/partition-index.ts';
import { JSON_TYPE, manifestKey } from '../lake/keys.ts';
import type { ETag, Lake, LakeOptions } from '../lake/lake.ts';
import type { Partition } from '../partition.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import { CHECKPOINT_SECONDS } from '../worker-contract.ts';
import {
  completeManifest,
  laterDay,
  laterOf,
  type Manifest,
  mergeManifests,
  NO_COUNTS,
  type Outcome,
  type TitleState,
} from './manifest.ts';

/** A manifest and the version it was read as; `null` when the lake has none. */
interface StoredManifest {
  readonly manifest: Manifest | undefined;
  readonly etag: ETag | null;
}

/** After this many lost races something other than a concurrent run must be wrong. */
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
 * Writes a manifest by compare-and-swap. When another run has written meanwhile, the two are merged by IMDb id and
 * written again: neither run loses a title.
 * @param options.listed the ids that the manifest's index lists.
 * @returns what is now in the lake.
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
    const theirs = await readManifest({ lake }, manifest.partition);
    expected = theirs.etag;
    if (theirs.manifest) ours = mergeManifests(theirs.manifest, ours, listed);
  }
  throw new UserError(
    `${lake.url}/${key} changed ${MAX_SWAPS} times while it was written: run the command again.`,
  );
}

/**
 * Reads a manifest's text.
 * @param where its address, for the error.
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

/** Writes a run's manifest: checkpoints, and the end. */
interface ManifestWriter {
  /** Writes it when the last write is {@link CHECKPOINT_SECONDS} ago and none is in progress. */
  checkpoint(): Promise<void>;
  /** Writes it now. What another run has written meanwhile is added to `known`. */
  save(outcome: Outcome): Promise<Manifest>;
  /** Whether the manifest would be complete if it were written now. */
  isComplete(): boolean;
}

/**
 * Makes the writer of one run's manifest.
 * @param state.stored what the lake had when the run began.
 * @param state.known the titles' states: the run changes them, the writer writes them.
 * @param state.requests how many this run has sent to TMDB.
 */
export function createManifestWriter(
  { lake, clock }: { lake: Lake; clock: Clock },
  job: {
    readonly partition: Partition;
    readonly snapshot: string;
    readonly settings: LookupSettings;
    readonly run: string;
    readonly titles: readonly Title[];
  },
  {
    stored,
    known,
    startedMs,
    requests,
  }: { stored: StoredManifest; known: Map<string, TitleState>; startedMs: number; requests: () => number },
): ManifestWriter {
  const { partition, snapshot, settings, run } = job;
  const listed = new Set(job.titles.map(({ imdbId }) => imdbId));
  let etag = stored.etag;
  let savedMs = startedMs;
  let writing: Promise<unknown> | undefined;

  async function write(outcome: Outcome): Promise<Manifest> {
    const sent = create(outcome);
    const saved = await saveManifest({ lake }, sent, { basedOn: etag, listed });
    etag = saved.etag;
    savedMs = clock.now();
    for (const [imdbId, title] of Object.entries(saved.manifest.titles)) {
      if (title === sent.titles[imdbId]) continue; // What we sent ourselves: `known` may be newer.
      const ours = known.get(imdbId);
      known.set(imdbId, ours ? laterOf(title, ours) : title);
    }
    return saved.manifest;
  }

  function create(outcome: Outcome): Manifest {
    const titles = Object.fromEntries(known);
    const manifest = {
      partition,
      snapshot: laterDay(snapshot, stored.manifest?.snapshot ?? snapshot),
      settings,
      complete: false,
      counts: NO_COUNTS,
      lastRun: {
        run,
        startedAt: new Date(startedMs).toISOString(),
        endedAt: new Date(clock.now()).toISOString(),
        outcome,
        requests: requests(),
      },
      titles,
    };
    return completeManifest(manifest, listed);
  }

  return {
    async checkpoint() {
      // `abs`: a clock that is set back must not delay the next checkpoint by as much.
      if (writing || Math.abs(clock.now() - savedMs) < CHECKPOINT_SECONDS * 1_000) return;
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
