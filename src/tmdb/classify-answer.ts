import { isRecord, parseJson } from '../json.ts';
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
  | { readonly next: 'keyRejected'; readonly reason: string };

/** TMDB's error code for "The ID is invalid": its only 500 that is permanent. */
const INVALID_ID = 44;

/**
 * Classifies a response by its HTTP status and TMDB's error code (https://developer.themoviedb.org/docs/errors). An
 * error is permanent only with TMDB's own JSON error, since a 403 or 404 page from a proxy or CDN says nothing about a title or
 * a key. The exceptions are 401, always a rejected key, and 429, always throttling.
 */
export function classifyAnswer({ status, body, retryAfter }: HttpAnswer): Verdict {
  if (status === 429) return { next: 'throttled', retryAfter };
  const json = parseJson(body);
  const error = readError(json);
  if (status === 401) return { next: 'keyRejected', reason: describe(status, error) };
  if (status === 200) {
    return json === undefined ? { next: 'retry', reason: 'body is not JSON' } : { next: 'use', json };
  }
  if (error) {
    if (status === 403) return { next: 'keyRejected', reason: describe(status, error) };
    if (status === 404) return { next: 'notFound' };
    if (status === 400 || status === 422 || (status === 500 && error.code === INVALID_ID)) {
      return { next: 'refused', reason: describe(status, error) };
    }
  }
  return { next: 'retry', reason: String(status) };
}

interface TmdbError {
  readonly code: number | undefined;
  readonly text: string;
}

/** Reads TMDB's error bodies: `{status_code, status_message}`, with or without `success` or `failure`, or `{errors: […]}`. */
function readError(json: unknown): TmdbError | undefined {
  if (!isRecord(json)) return undefined;
  if (typeof json.status_code === 'number') {
    return { code: json.status_code, text: String(json.status_message ?? '') };
  }
  if (Array.isArray(json.errors)) return { code: undefined, text: json.errors.join('; ') };
  return json.success === false ? { code: undefined, text: '' } : undefined;
}

function describe(status: number, error: TmdbError | undefined): string {
  const code = error?.code === undefined ? '' : ` (code ${error.code})`;
  return toOneLine(`${status}${code}${error?.text ? `: ${error.text}` : ''}`);
}
