import type { Clock } from '../clock.ts';
import type { Title } from '../imdb/title.ts';
import type { Lake } from '../lake/lake.ts';
import type { Partition } from '../partition.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import { CHECKPOINT_SECONDS } from '../worker-contract.ts';
import { completeManifest, laterDay, type Manifest, type Outcome, type TitleState } from './manifest.ts';
import { type StoredManifest, saveManifest } from './manifest-store.ts';
import { laterOf } from './merge-manifests.ts';

/** Writes a run's manifest, as often as it should be. */
export interface ManifestWriter {
  /** Writes it when the last time is a few seconds ago, and nobody is writing. */
  checkpoint(): Promise<void>;
  /** Writes it now. What another run has told of meanwhile is added to `known`. */
  save(outcome: Outcome): Promise<Manifest>;
  /** Would the manifest be complete, as things are known now? */
  isComplete(): boolean;
}

/**
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
      if (title === sent.titles[imdbId]) continue; // Our own word; we may know better by now.
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
      counts: { titles: 0, found: 0, notFound: 0, refused: 0, failed: 0, reviews: 0 },
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
      // A clock that is set back must not put it off for as long.
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
