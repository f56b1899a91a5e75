/** Shares the slots for titles in progress among the partitions that overlap. */
export interface TitleSlots {
  /**
   * Adds a partition. Partitions that were added earlier get slots first.
   * @param titles how many titles it has, done or not.
   */
  add(titles: number): TitleLane;
  /** How many titles are known and have not begun. */
  readonly waiting: number;
  /** How many titles the partitions have, done or not. */
  readonly listed: number;
  /** How many partitions with known titles have not ended. */
  readonly known: number;
}

/** The titles of one partition. */
export interface TitleLane {
  /**
   * Processes titles in order, each when it gets a slot. When `signal` has been aborted, no title begins.
   * @param work must not throw. It may call `lookedUp` when it sends no further requests to TMDB, so that another title begins.
   * @returns when no title is in progress and none will begin.
   */
  forEach<Title>(
    titles: readonly Title[],
    work: (title: Title, lookedUp: () => void) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;
  /** Removes the partition. */
  end(): void;
}

/** The titles of a partition, and those of them to process. */
export interface PartitionSize {
  readonly listed: number;
  readonly todo: number;
}

interface Lane {
  readonly listed: number;
  /** Whether the titles are known. */
  isKnown: boolean;
  waiting: number;
  /** Begins the next title. */
  begin: (lookedUp: () => void) => Promise<void>;
}

/**
 * @param most.lookingUp how many titles are being looked up at most, over all partitions.
 * @param most.inProgress how many titles are in progress at most: being looked up, or their documents being written.
 * @param on.size called with the size of each partition, as soon as it is known.
 * @param on.change called when titles have begun, or a partition has ended.
 */
export function createTitleSlots(
  most: { readonly lookingUp: number; readonly inProgress: number },
  on: { readonly size: (size: PartitionSize) => void; readonly change: () => void },
): TitleSlots {
  const lanes = new Set<Lane>();
  let lookingUp = 0;
  let inProgress = 0;

  function beginTitles(): void {
    for (const lane of lanes) {
      while (lane.waiting > 0 && lookingUp < most.lookingUp && inProgress < most.inProgress) beginTitle(lane);
    }
    on.change();
  }

  function beginTitle(lane: Lane): void {
    let isLookingUp = true;
    const endLookUp = () => {
      if (isLookingUp) lookingUp -= 1;
      isLookingUp = false;
    };
    lookingUp += 1;
    inProgress += 1;
    lane.waiting -= 1;
    const work = lane.begin(() => {
      endLookUp();
      beginTitles();
    });
    void work.then(() => {
      endLookUp();
      inProgress -= 1;
      beginTitles();
    });
  }

  return {
    get waiting() {
      return [...lanes].reduce((sum, { waiting }) => sum + waiting, 0);
    },
    get listed() {
      return [...lanes].reduce((sum, { listed }) => sum + listed, 0);
    },
    get known() {
      return [...lanes].filter(({ isKnown }) => isKnown).length;
    },
    add(listed) {
      const lane: Lane = { listed, isKnown: false, waiting: 0, begin: async () => {} };
      lanes.add(lane);
      return {
        forEach(titles, work, signal) {
          return new Promise((resolve) => {
            const queue = titles.values();
            let active = 0;
            const resolveWhenDone = () => {
              if (lane.waiting > 0 || active > 0) return;
              signal.removeEventListener('abort', stop);
              resolve();
            };
            const stop = () => {
              lane.waiting = 0;
              resolveWhenDone();
            };
            lane.begin = async (lookedUp) => {
              active += 1;
              const next = queue.next();
              if (!next.done) await work(next.value, lookedUp);
              active -= 1;
              resolveWhenDone();
            };
            lane.isKnown = true;
            lane.waiting = signal.aborted ? 0 : titles.length;
            signal.addEventListener('abort', stop);
            on.size({ listed, todo: titles.length });
            beginTitles();
            resolveWhenDone();
          });
        },
        end() {
          lanes.delete(lane);
          on.change();
        },
      };
    },
  };
}
