import type { Clock } from '../clock.ts';
import { UserError } from '../errors.ts';
import { isRecord } from '../json.ts';
import { createAuthorizer, redactKey } from './api-key.ts';
import { classifyAnswer } from './classify-answer.ts';
import { BadAnswerError, BaseUrlError, KeyRejectedError } from './errors.ts';
import { type HttpGet, TransportError } from './http.ts';

/** The API key to check, and how to reach TMDB. */
export interface KeyCheck {
  readonly http: HttpGet;
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly signal?: AbortSignal | undefined;
}

const PATH = '/3/authentication';

/**
 * Checks the API key and the base URL with one unpaced request, `GET /3/authentication`. Only its answer decides that a key
 * is rejected or a base URL is wrong.
 * @throws {KeyRejectedError} when TMDB rejects the key.
 * @throws {BaseUrlError} when the base URL is not that of TMDB's API.
 * @throws {ConnectionError} when the proxy or a certificate is the reason why TMDB cannot be reached.
 * @throws {UserError} when TMDB cannot be reached or its response is neither an acceptance nor a rejection.
 */
export async function checkKey({ http, baseUrl, apiKey, signal }: KeyCheck): Promise<void> {
  const url = new URL(baseUrl + PATH);
  const headers = createAuthorizer(apiKey)(url);
  const answer = await http(url, { headers, signal }).catch((error: unknown) => {
    if (!(error instanceof TransportError)) throw error;
    if (error.cause !== undefined) throw error.cause;
    throw new UserError(
      `Cannot reach TMDB at ${baseUrl} to check the API key (${error.message}): check the network connection and try again.`,
      { cause: error },
    );
  });
  const verdict = classifyAnswer(redactKey(answer, apiKey), PATH);
  if (verdict.next === 'use' && isAcceptance(verdict.json)) return;
  if (verdict.next === 'keyRejected') throw new KeyRejectedError(verdict.reason);
  if (verdict.next === 'wrongUrl') throw new BaseUrlError(baseUrl);
  const reason =
    'reason' in verdict ? verdict.reason : verdict.next === 'use' ? 'unexpected content' : verdict.next;
  throw new UserError(`TMDB at ${baseUrl} could not check the API key (${reason}): try again later.`);
}

function isAcceptance(json: unknown): boolean {
  return isRecord(json) && json.success === true;
}

/**
 * Reads the response of `GET /3/authentication` for a valid key.
 * @throws {BadAnswerError} for anything else, which another server has sent.
 */
export function readAcceptance(json: unknown): true {
  if (isAcceptance(json)) return true;
  throw new BadAnswerError('no acceptance in the response');
}

/** The result of a confirmation applies for this time, however many requests are answered with 401. */
const RESULT_MS = 10_000;

/** Confirms what the answer to a request suggests: that TMDB rejects the key, or that the base URL is wrong. */
interface Confirmation {
  /** The confirmation in progress: no other request should be sent now. */
  readonly pending: Promise<void> | undefined;
  /**
   * Checks the key once for all callers. Returns when TMDB accepts the key or does not answer.
   * @throws {KeyRejectedError}
   * @throws {BaseUrlError}
   */
  confirm(signal: AbortSignal | undefined): Promise<void>;
}

/** @param check as for {@link checkKey}. */
export function createConfirmation(check: Omit<KeyCheck, 'signal'>, clock: Clock): Confirmation {
  let latest = Promise.resolve();
  let isPending = false;
  let validUntilMs = Number.NEGATIVE_INFINITY;

  async function run(signal: AbortSignal | undefined): Promise<void> {
    isPending = true;
    try {
      await checkKey({ ...check, signal });
      validUntilMs = clock.monotonic() + RESULT_MS;
    } catch (error) {
      const isFinal = error instanceof KeyRejectedError || error instanceof BaseUrlError;
      if (isFinal) validUntilMs = clock.monotonic() + RESULT_MS;
      if (isFinal || !(error instanceof UserError)) throw error;
    } finally {
      isPending = false;
    }
  }

  return {
    get pending() {
      return isPending ? latest : undefined;
    },
    confirm(signal) {
      if (!isPending && clock.monotonic() >= validUntilMs) latest = run(signal);
      return latest;
    },
  };
}
