/** Observes what a client does, for `--verbose`. Clients never pass it a secret. */
export interface Trace {
  /**
   * Called when a request is sent.
   * @param request such as `TMDB GET /3/movie/603`.
   * @returns a function to call when the request has ended, with its outcome: `200`, `ETIMEDOUT`.
   */
  request(request: string): (outcome: string) => void;
  /** Called with a decision: a retry, a wait, a slow-down. */
  decision(text: string): void;
}
