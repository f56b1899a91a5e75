import { UsageError, UserError } from '../errors.ts';

/** TMDB rejected the API key. This ends the run, for every worker. */
export class KeyRejectedError extends UsageError {
  override readonly name = 'KeyRejectedError';
}

/** TMDB cannot be reached or answers every request with an error. Titles in progress stay untried. */
export class OutageError extends UserError {
  override readonly name = 'OutageError';
}

/** One request failed in every attempt while TMDB answered others. The title that needed it has failed. */
export class RequestFailedError extends Error {
  override readonly name = 'RequestFailedError';
  /** A short reason for the manifest, such as `503`, `ETIMEDOUT` or `body is not JSON`. */
  readonly reason: string;
  /** How many times the request was sent. */
  readonly tries: number;

  constructor(reason: string, tries: number) {
    super(`The request to TMDB failed ${tries === 1 ? 'once' : `${tries} times`} (last error: ${reason}).`);
    this.reason = reason;
    this.tries = tries;
  }
}

/** A malformed response: not JSON, truncated, or without the documented shape. The request is retried. */
export class BadAnswerError extends Error {
  override readonly name = 'BadAnswerError';
}
