import { UsageError, UserError } from '../errors.ts';
import { quote, withFullStop } from '../text.ts';

/** TMDB rejected the API key, as `GET /3/authentication` has confirmed. This ends the run, for every worker. */
export class KeyRejectedError extends UsageError {
  override readonly name = 'KeyRejectedError';

  /** @param reason TMDB's answer, without the key. */
  constructor(reason: string) {
    super(
      `TMDB rejected the API key: ${withFullStop(reason)} Check the key at https://www.themoviedb.org/settings/api and set it with "tdd development".`,
    );
  }
}

/** TMDB answers at the base URL, but its API has another one, as `GET /3/authentication` has confirmed. This ends the run. */
export class BaseUrlError extends UsageError {
  override readonly name = 'BaseUrlError';

  constructor(baseUrl: string) {
    super(
      `TMDB_BASE_URL ([TMDB] BASE_URL) must be the base URL of TMDB's API, such as https://api.themoviedb.org (got ${quote(baseUrl, 200)}, where /3/authentication does not exist).`,
    );
  }
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
