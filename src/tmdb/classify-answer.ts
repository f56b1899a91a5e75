import { isRecord, parseExactJson } from '../json.ts';
import { toOneLine } from '../text.ts';
import type { HttpAnswer } from './http.ts';

/** What the client does next, given a response. */
export type Verdict =
  | { readonly next: 'use'; readonly json: unknown }
  | { readonly next: 'notFound' }
  /** A permanent error for this title: no retry. */
  | { readonly next: 'refused'; readonly reason: string }
  | { readonly next: 'throttled'; readonly retryAfter: string | undefined }
  | { readonly next: 'retry'; readonly reason: string }
  /** To be confirmed by `GET /3/authentication`; otherwise a transient error. */
  | { readonly next: 'keyRejected'; readonly reason: string }
  /** TMDB has no such path. To be confirmed by `GET /3/authentication`; otherwise a transient error. */
  | { readonly next: 'wrongUrl'; readonly reason: string };

/** TMDB's error code for "The ID is invalid": its only 500 that is permanent. */
const INVALID_ID = 44;
/** TMDB's error codes of a 404. */
const NOT_FOUND = [6, 34, 37];
/** Never answered with 404: for an unknown ID, `/find` has empty lists. */
const ALWAYS_FOUND = /^\/3\/(?:find\/|authentication$)/;

/**
 * Classifies a response by its HTTP status and TMDB's error code (https://developer.themoviedb.org/docs/errors). An error is
 * permanent only with TMDB's own JSON error: a 401, 403 or 404 of a proxy, a gateway or a login page says nothing about a
 * title or a key. A 429 is always throttling.
 * @param path the path of the request, such as `/3/movie/603`.
 */
export function classifyAnswer({ status, body, retryAfter }: HttpAnswer, path: string): Verdict {
  if (status === 429) return { next: 'throttled', retryAfter };
  const json = parseExactJson(body);
  if (status === 200) {
    return json === undefined ? { next: 'retry', reason: 'body is not JSON' } : { next: 'use', json };
  }
  const error = readError(json);
  if (error === undefined) {
    return { next: 'retry', reason: status < 500 ? `${status}, not from TMDB` : String(status) };
  }
  const reason = describe(status, error);
  if (status === 401 || status === 403) return { next: 'keyRejected', reason };
  if (status === 404 && ALWAYS_FOUND.test(path)) return { next: 'wrongUrl', reason };
  if (status === 404 && NOT_FOUND.includes(error.code ?? 0)) return { next: 'notFound' };
  if (status === 400 || status === 422 || (status === 500 && error.code === INVALID_ID)) {
    return { next: 'refused', reason };
  }
  return { next: 'retry', reason: status === 404 ? reason : String(status) };
}

interface TmdbError {
  readonly code: number | undefined;
  readonly text: string;
}

/**
 * Reads TMDB's error bodies: `{status_code, status_message}`, with or without `success` or `failure`, or a list of texts in
 * `errors`.
 * @returns `undefined` for anything else, which another server has sent.
 */
function readError(json: unknown): TmdbError | undefined {
  if (!isRecord(json)) return undefined;
  const { status_code: code, status_message: text, errors } = json;
  if (Number.isSafeInteger(code) && typeof text === 'string') return { code: Number(code), text };
  const isList =
    Array.isArray(errors) && errors.length > 0 && errors.every((each) => typeof each === 'string');
  return isList ? { code: undefined, text: errors.join('; ') } : undefined;
}

function describe(status: number, { code, text }: TmdbError): string {
  return toOneLine(
    `${status}${code === undefined ? '' : ` (code ${code})`}${text === '' ? '' : `: ${text}`}`,
  );
}
