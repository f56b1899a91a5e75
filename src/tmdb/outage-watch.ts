/** Tells some titles that always fail from a TMDB that is down. */
export interface OutageWatch {
  /** TMDB has answered a question. */
  answered(): void;
  /**
   * A question has failed once more.
   * @returns what this means: `goOn`; `inDoubt`, so that another question has to decide; `outage`.
   */
  failed(): 'goOn' | 'inDoubt' | 'outage';
  /** TMDB is down: until it answers, each failure is told as an outage at once. */
  declareOutage(): void;
}

/** So many failures on end, and TMDB may be down. */
const DOUBT_AFTER = 20;

/**
 * Counts what fails on end. It never decides: a partition may have many titles that always fail, and all
 * connections may be at these at once, so that nobody asks for the good ones behind them.
 */
export function createOutageWatch(): OutageWatch {
  let failures = 0;
  let isDown = false;
  return {
    answered() {
      failures = 0;
      isDown = false;
    },
    failed() {
      if (isDown) return 'outage';
      failures += 1;
      if (failures < DOUBT_AFTER) return 'goOn';
      failures = 0;
      return 'inDoubt';
    },
    declareOutage() {
      isDown = true;
    },
  };
}
