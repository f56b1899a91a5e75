/** Tells some titles that always fail from a TMDB that is down. */
export interface OutageWatch {
  /** TMDB has answered a question. */
  answered(): void;
  /**
   * A question has failed once more.
   * @returns what this means: `goOn`; `askAnother`, for few questions have failed often; `outage`.
   */
  failed(question: symbol): 'goOn' | 'askAnother' | 'outage';
  /** TMDB is down: until it answers, each failure is told as an outage at once. */
  declareOutage(): void;
}

/** So many questions on end without an answer, and TMDB counts as down. */
const OUTAGE_AFTER = 20;

/**
 * Counts what fails on end. Twenty different questions without an answer are an outage; twenty failures of fewer
 * ones may be these titles' own, so that another question has to decide: else the last titles of a partition
 * would be called an outage, again and again, and never failed.
 */
export function createOutageWatch(): OutageWatch {
  const unanswered = new Set<symbol>();
  let failures = 0;
  let isDown = false;
  return {
    answered() {
      unanswered.clear();
      failures = 0;
      isDown = false;
    },
    failed(question) {
      unanswered.add(question);
      failures += 1;
      if (isDown || unanswered.size >= OUTAGE_AFTER) {
        isDown = true;
        return 'outage';
      }
      if (failures < OUTAGE_AFTER) return 'goOn';
      failures = 0;
      return 'askAnother';
    },
    declareOutage() {
      isDown = true;
    },
  };
}
