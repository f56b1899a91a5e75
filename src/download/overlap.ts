import { createLimit, type Limit } from '../limit.ts';
import { MAX_CONNECTIONS } from '../tmdb/limits.ts';
import { createKeptTexts, createTextSpace, type KeptTexts } from './kept-texts.ts';
import { createTitleSlots, type PartitionSize, type TitleLane } from './title-slots.ts';

/** What downloads that run at the same time share, so that TMDB always has a title to answer for and memory is bounded. */
export interface Overlap {
  /**
   * Called by each download before anything else: those that are added earlier get slots for their titles first.
   * @param titles how many titles the partition has, done or not: they are in memory with their states.
   */
  add(titles: number): OverlappingDownload;
  /**
   * How many partitions to take now: 0 while enough titles wait.
   * @param open how many are taken and have not ended.
   */
  wanted(open: number): number;
  /** Resolves when {@link Overlap.wanted} may return something else. */
  changed(): Promise<void>;
  /** Makes {@link Overlap.changed} resolve. */
  wake(): void;
}

/** The share of one download. */
export interface OverlappingDownload extends TitleLane {
  readonly texts: KeptTexts;
  /** Limits how many documents are read at the same time. */
  readonly reads: Limit;
  /** Limits how many titles' documents are in memory to compose parts; the weight is the number of titles. */
  readonly composing: Limit;
}

/**
 * At most this many titles are in progress. As many as there are connections to TMDB are looked up; the documents of the others
 * are written, which takes longer than TMDB's response if the bucket is far away or the movie has many reviews.
 */
const TITLES_IN_PROGRESS = 3 * MAX_CONNECTIONS;
/** The default space for kept texts: more than 3,000 movies. */
const KEPT_BYTES = 32 * 1024 * 1024;
/** How many documents are read at the same time. */
const READS_AT_ONCE = 32;
/** At most this many titles' documents are read to compose parts; a larger partition is composed alone. */
const COMPOSED_TITLES = 3_000;
/** A worker has at most this many partitions open: one with a single title takes half a second, mostly waiting for the lake. */
const MAX_OPEN = 40;
/**
 * The limit of a local download, whose bucket may be far away, so that such a partition takes two seconds. Workers have the lower
 * limit, so that none holds partitions that others could do.
 */
export const MAX_OPEN_LOCALLY = 100;
/** Open partitions have at most this many titles in all, unless a single one has more. A title takes about 1.5 KB of memory. */
const OPEN_TITLES = 20_000;
/** SQS returns at most this many messages. */
const MAX_WANTED = 10;
/** The next partitions are expected to be as large as these many before, on average. */
const SIZES_SEEN = 5;

/**
 * Creates what overlapping downloads share.
 * @param options.connections the maximum number of titles that are being looked up.
 * @param options.maxOpen the maximum number of open partitions.
 * @param options.keptBytes the space for the texts of written documents.
 */
export function createOverlap({
  connections = MAX_CONNECTIONS,
  maxOpen = MAX_OPEN,
  keptBytes = KEPT_BYTES,
}: {
  readonly connections?: number;
  readonly maxOpen?: number;
  readonly keptBytes?: number;
} = {}): Overlap {
  const ahead = 2 * connections;
  const space = createTextSpace(keptBytes);
  const reads = createLimit(READS_AT_ONCE);
  const composing = createLimit(COMPOSED_TITLES);
  const seen: PartitionSize[] = [];
  let waiters: (() => void)[] = [];
  const slots = createTitleSlots(
    { lookingUp: connections, inProgress: TITLES_IN_PROGRESS },
    {
      size(size) {
        seen.push(size);
        if (seen.length > SIZES_SEEN) seen.shift();
      },
      change: wake,
    },
  );

  function wake(): void {
    const woken = waiters;
    waiters = [];
    for (const resolve of woken) resolve();
  }

  function mean(name: keyof PartitionSize): number {
    const sum = seen.reduce((total, size) => total + size[name], 0);
    return Math.max(1, sum / seen.length);
  }

  return {
    add(titles) {
      const lane = slots.add(titles);
      const texts = createKeptTexts(space);
      return {
        forEach: lane.forEach,
        texts,
        reads,
        composing,
        end() {
          texts.clear();
          lane.end();
        },
      };
    },
    wanted(open) {
      if (seen.length === 0) return open === 0 ? 1 : 0; // One is enough until its size is known.
      const unknown = Math.max(0, open - slots.known);
      const waiting = slots.waiting + unknown * mean('todo');
      if (waiting >= ahead) return 0;
      // A few more than needed, and not fewer: small partitions are taken together.
      const needed = Math.ceil((ahead + connections - waiting) / mean('todo'));
      const fitting = (OPEN_TITLES - slots.listed) / mean('listed') - unknown;
      const wanted = Math.max(1, Math.min(needed, Math.floor(fitting), MAX_WANTED));
      return open === 0 || (wanted <= fitting && open + wanted <= maxOpen) ? wanted : 0;
    },
    changed: () => new Promise((resolve) => waiters.push(resolve)),
    wake,
  };
}

/**
 * Works on items, usually partitions to download, so that they overlap: it takes further items as soon as few titles wait.
 * The next partitions' titles and manifests are then read while one downloads, and the parts and manifests of those before
 * are written.
 * @param deps.overlap is also passed to each `downloadPartition` that `work` calls.
 * @param take returns up to `wanted` items; none if there are no more. Only one call is in progress at a time.
 * @param work is called with each item that was taken, even if it was stopped in the meantime.
 * @param options.stop when aborted, nothing more is taken.
 * @throws the first error of `take` or `work`, after which nothing is taken, when all work in progress has ended.
 */
export async function overlapPartitions<Item>(
  { overlap }: { readonly overlap: Overlap },
  take: (wanted: number) => Promise<readonly Item[]>,
  work: (item: Item) => Promise<void>,
  { stop }: { readonly stop?: AbortSignal | undefined } = {},
): Promise<void> {
  const open = new Set<Promise<void>>();
  let failure: { readonly reason: unknown } | undefined;
  const fail = (reason: unknown) => {
    failure ??= { reason };
  };
  const canTake = () => !stop?.aborted && failure === undefined;
  stop?.addEventListener('abort', overlap.wake);
  try {
    while (canTake()) {
      const wanted = overlap.wanted(open.size);
      if (wanted === 0) {
        await overlap.changed();
        continue;
      }
      const items = await take(wanted);
      if (items.length === 0) break;
      for (const item of items) begin(item);
    }
  } catch (error) {
    fail(error);
  } finally {
    stop?.removeEventListener('abort', overlap.wake);
  }
  await Promise.all(open);
  if (failure !== undefined) throw (failure as { readonly reason: unknown }).reason;

  function begin(item: Item): void {
    const done = work(item)
      .catch(fail)
      .finally(() => {
        open.delete(done);
        overlap.wake();
      });
    open.add(done);
  }
}
