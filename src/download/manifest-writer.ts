import type { Clock } from '../clock.ts';
import { hashIds } from '../imdb/id-hash.ts';
import type { Title } from '../imdb/partition-index.ts';
import type { Lake } from '../lake/lake.ts';
import type { LakeSource } from '../lake/source.ts';
import type { Partition } from '../partition.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import { CHECKPOINT_SECONDS } from '../worker-contract.ts';
import {
  areSameSettings,
  completeManifest,
  laterDay,
  laterState,
  type Manifest,
  NO_COUNTS,
  type Outcome,
  shareReviews,
  type TitleState,
} from './manifest.ts';
import { outdateParts, type Parts } from './manifest-parts.ts';
import { type StoredManifest, saveLastRun, saveManifest } from './manifest-store.ts';
import { joinTitleTypes } from './title-types.ts';

/** A manifest that was written. */
interface SavedManifest {
  readonly manifest: Manifest;
  /** Whether a concurrent run had written the manifest, so that the two were merged. */
  readonly isMerged: boolean;
}

/** Writes the manifest of a run: checkpoints during the run, and the final state. */
export interface ManifestWriter {
  /** Writes the manifest if the last write was {@link CHECKPOINT_SECONDS} ago and no write is in progress. */
  checkpoint(): Promise<void>;
  /**
   * Writes the manifest now. Titles that a concurrent run has written are merged into `known`.
   * @param parts those that the run has written; absent if it has written none.
   */
  save(outcome: Outcome, parts?: Parts): Promise<SavedManifest>;
  /**
   * Must be called before the run writes the documents of a title. The first call writes the manifest, unless it has these
   * settings already: a run with other settings then notices that this one has begun. If the manifest has parts, it outdates
   * all titles of the run in them, because the run may be killed before it records what it has overwritten.
   * @throws {OtherSettingsError} when a run with other settings has begun in the meantime.
   */
  claim(imdbId: string): Promise<void>;
  /** The manifest as a checkpoint would write it now. */
  current(): Manifest;
  /** Whether a concurrent run has written the manifest since this one began, so that it may have overwritten documents. */
  isShared(): boolean;
}

/**
 * Creates the manifest writer of one run.
 * @param state.stored the manifest and version in the lake when the run started.
 * @param state.known the title states by IMDb ID: the run updates them, the writer writes them.
 * @param state.touched the IDs that the run has looked up.
 * @param state.todo the titles that the run looks up.
 * @param state.requests returns how many requests this run has sent to TMDB.
 */
export function createManifestWriter(
  { lake, clock }: { lake: Lake; clock: Clock },
  job: {
    readonly partition: Partition;
    readonly snapshot: string;
    readonly titleTypes: readonly string[];
    readonly settings: LookupSettings;
    readonly source?: { readonly source: LakeSource };
    readonly run: string;
    readonly titles: readonly Title[];
  },
  {
    stored,
    known,
    touched,
    todo,
    startedAt,
    requests,
  }: {
    stored: StoredManifest;
    known: Map<string, TitleState>;
    touched: ReadonlySet<string>;
    todo: readonly Title[];
    startedAt: string;
    requests: () => number;
  },
): ManifestWriter {
  const { partition, snapshot, titleTypes, settings, source, run } = job;
  const listed = new Set(job.titles.map(({ imdbId }) => imdbId));
  const idHash = hashIds(listed);
  let etag = stored.etag;
  let isShared = false;
  let savedMs = clock.monotonic();
  let writing: Promise<unknown> | undefined;
  /** The manifest in the lake, if it has these settings. */
  let inLake =
    stored.manifest && areSameSettings(stored.manifest.settings, settings) ? stored.manifest : undefined;
  /** The titles with documents that may have been written since the manifest was last written. */
  const unrecorded = new Set<string>();
  /** The titles that are outdated in the parts in the lake before their documents are written. */
  const claimed = new Set<string>();

  async function write(outcome: Outcome, parts?: Parts): Promise<SavedManifest> {
    const sent = create(outcome, parts);
    const recorded = [...unrecorded].filter((imdbId) => touched.has(imdbId));
    const saved = await saveManifest({ lake }, sent, {
      basedOn: etag,
      listed,
      written: changed(),
      composed: parts,
      unrecorded: outcome === 'running' ? undefined : unrecorded,
    });
    etag = saved.etag;
    inLake = saved.manifest;
    for (const imdbId of recorded) unrecorded.delete(imdbId);
    savedMs = clock.monotonic();
    for (const [imdbId, title] of Object.entries(saved.manifest.titles)) {
      if (title === sent.titles[imdbId]) continue; // Our own state: `known` may already be newer.
      const ours = known.get(imdbId);
      known.set(imdbId, ours ? laterState(title, ours) : title);
    }
    const isMerged = saved.manifest !== sent;
    isShared ||= isMerged;
    return { manifest: saved.manifest, isMerged };
  }

  function create(outcome: Outcome, written?: Parts): Manifest {
    const titles = shareReviews(Object.fromEntries(known));
    const parts = written ?? (inLake && outdateParts(inLake.parts, inLake.titles, titles, changed()));
    const manifest = {
      partition,
      snapshot: laterDay(snapshot, stored.manifest?.snapshot ?? snapshot),
      settings,
      ...joinTitleTypes(titleTypes, ...(inLake ? [inLake.titleTypes] : [])),
      ...sourceSoFar(),
      idHash,
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
      ...(parts && { parts }),
    };
    return completeManifest(manifest, listed);
  }

  /** The titles whose documents may have changed. */
  function changed(): string[] {
    return [...claimed, ...unrecorded, ...touched];
  }

  /** A run that has looked up nothing does not know where the titles come from. */
  function sourceSoFar(): Pick<Manifest, 'source'> {
    const recorded = touched.size > 0 ? source?.source : stored.manifest?.source;
    return recorded ? { source: recorded } : {};
  }

  function writeCheckpoint(): Promise<unknown> {
    writing ??= write('running').finally(() => {
      writing = undefined;
    });
    return writing;
  }

  return {
    async checkpoint() {
      if (writing || clock.monotonic() - savedMs < CHECKPOINT_SECONDS * 1_000) return;
      await writeCheckpoint();
    },
    async claim(imdbId) {
      if (!inLake) await writeCheckpoint();
      // A checkpoint in progress may have begun before the claim.
      while (inLake?.parts && !inLake.parts.outdated?.includes(imdbId)) {
        for (const title of todo) claimed.add(title.imdbId);
        await writeCheckpoint();
      }
      unrecorded.add(imdbId);
    },
    async save(outcome, parts) {
      await writing;
      const ofOthers = inLake || listed.size === 0 ? undefined : stored.manifest;
      const hasNothing = touched.size === 0 && unrecorded.size === 0;
      if (ofOthers === undefined || !hasNothing) return write(outcome, parts);
      // A run that has looked up nothing keeps the manifest of other settings. `tdd status` must learn of a rejected key.
      const manifest = create(outcome);
      if (outcome === 'keyRefused') await saveLastRun({ lake }, ofOthers, manifest.lastRun, etag);
      return { manifest, isMerged: false };
    },
    current: () => create('running'),
    isShared: () => isShared,
  };
}
