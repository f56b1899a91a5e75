import { UserError } from '../errors.ts';
import { isRecord } from '../json.ts';
import { classifyAnswer } from './classify-answer.ts';
import { apiKeyWriter, createKeyRejectedError, redactKey } from './client.ts';
import { type HttpGet, TransportError } from './http.ts';

/** A key, and the client to check it with. */
export interface KeyCheck {
  readonly http: HttpGet;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly signal?: AbortSignal;
}

/**
 * Checks the key with one request (`GET /3/authentication`).
 * @throws {KeyRejectedError} when TMDB rejects the key.
 * @throws {UserError} when TMDB cannot be reached, or answers something else.
 */
export async function checkKey({ http, baseUrl, apiKey, signal }: KeyCheck): Promise<void> {
  const url = new URL(`${baseUrl}/3/authentication`);
  const headers = apiKeyWriter(apiKey)(url);
  const answer = await http(url, { headers, signal }).catch((error: unknown) => {
    if (!(error instanceof TransportError)) throw error;
    throw new UserError(
      `TMDB at ${baseUrl} could not be reached to check the key (${error.message}): see to the network and try again.`,
      { cause: error },
    );
  });
  const verdict = classifyAnswer(redactKey(answer, apiKey));
  if (verdict.next === 'use' && isRecord(verdict.json) && verdict.json.success === true) return;
  if (verdict.next === 'keyRejected') throw createKeyRejectedError(verdict.reason);
  const reason =
    'reason' in verdict ? verdict.reason : verdict.next === 'use' ? 'not as TMDB does' : verdict.next;
  throw new UserError(
    `TMDB at ${baseUrl} could not check the key (it answered: ${reason}): try again later.`,
  );
}
