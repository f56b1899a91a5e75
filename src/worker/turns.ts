/** Decides which messages of a worker may overlap. */
export interface Turns {
  /** Resolves when no message is worked on alone, or waits for that. */
  readonly free: Promise<void>;
  /**
   * Runs `work`: alone, when everything that has begun before has ended; or together with others.
   * @throws what `work` throws.
   */
  run(isAlone: boolean, work: () => Promise<void>): Promise<void>;
}

/**
 * Creates the turns of an invocation. A message that was received before may have crashed its worker. It runs alone, so that
 * a poison message uses up its own receives and not those of others.
 */
export function createTurns(): Turns {
  const open = new Set<Promise<void>>();
  let alone = Promise.resolve();
  return {
    get free() {
      return alone;
    },
    run(isAlone, work) {
      const turn = (isAlone ? Promise.all(open) : alone).then(work);
      const ended = turn
        .catch(() => undefined)
        .finally(() => {
          open.delete(ended);
        });
      open.add(ended);
      if (isAlone) alone = ended;
      return turn;
    },
  };
}
