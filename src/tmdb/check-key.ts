import { UserError } from '../errors.ts';
import { isRecord } from '../json.ts';
import { classifyAnswer } from './classify-answer.ts';
import { createAuthorizer, createKeyRejectedError, redactKey } from './client.ts';
import { type HttpGet, TransportError } from './http.ts';

/** The API key to check, and how to reach TMDB. */
export interface KeyCheck {
  readonly http: HttpGet;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly signal?: AbortSignal;
}

/**
 * Checks an API key with one unpaced request, `GET /3/authentication`.
 * @throws {KeyRejectedError} when TMDB rejects the key.
 * @throws {UserError} when TMDB cannot be reached or its response is neither an acceptance nor a rejection.
 */
export async function checkKey({ http, baseUrl, apiKey, signal }: KeyCheck): Promise<void> {
  const url = new URL(`${baseUrl}/3/authentication`);
  const headers = createAuthorizer(apiKey)(url);
  const answer = await http(url, { headers, signal }).catch((error: unknown) => {
    if (!(error instanceof TransportError)) throw error;
    throw new UserError(
      `Cannot reach TMDB at ${baseUrl} to check the API key (${error.message}): check the network connection and try again.`,
      { cause: error },
    );
  });
  const verdict = classifyAnswer(redactKey(answer, apiKey));
  if (verdict.next === 'use' && isRecord(verdict.json) && verdict.json.success === true) return;
  if (verdict.next === 'keyRejected') throw createKeyRejectedError(verdict.reason);
  const reason =
    'reason' in verdict ? verdict.reason : verdict.next === 'use' ? 'unexpected content' : verdict.next;
  throw new UserError(`TMDB at ${baseUrl} could not check the API key (${reason}): try again later.`);
}
