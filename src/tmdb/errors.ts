import { UsageError, UserError } from '../errors.ts';

/** TMDB rejected the API key: final for the whole run, for every worker. */
export class KeyRejectedError extends UsageError {
  override readonly name = 'KeyRejectedError';
}

/** TMDB cannot be reached or answers nothing but errors: the titles in work stay untried. */
export class OutageError extends UserError {
  override readonly name = 'OutageError';
}

/** One request failed for good while TMDB answers others: the title that needed it has failed. */
export class RequestFailedError extends Error {
  override readonly name = 'RequestFailedError';
  /** Short, for the manifest: `503`, `ETIMEDOUT`, `cut-off body`. */
  readonly reason: string;
  /** How many times it was sent. */
  readonly tries: number;

  constructor(reason: string, tries: number) {
    super(`TMDB answered ${tries} times with: ${reason}.`);
    this.reason = reason;
    this.tries = tries;
  }
}

/** A malformed answer: not JSON, truncated, or not of the documented shape. The request is sent again. */
export class BadAnswerError extends Error {
  override readonly name = 'BadAnswerError';
}
