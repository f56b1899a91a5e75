import type { Clock } from '../clock.ts';
import { UserError } from '../errors.ts';
import { isRecord } from '../json.ts';
import { createSharedCall } from '../shared-call.ts';
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
  /** Waits for the confirmation in progress, if there is one: no other request should be sent now. @throws as `confirm`. */
  pending(signal: AbortSignal | undefined): Promise<void>;
  /**
   * Checks the key once for all callers. Returns when TMDB accepts the key or does not answer.
   * @param http sends the request, if this caller is the first.
   * @throws {KeyRejectedError}
   * @throws {BaseUrlError}
   */
  confirm(http: HttpGet, signal: AbortSignal | undefined): Promise<void>;
}

/** @param check as for {@link checkKey}. */
export function createConfirmation(check: Pick<KeyCheck, 'baseUrl' | 'apiKey'>, clock: Clock): Confirmation {
  const call = createSharedCall<void>();
  let result = Promise.resolve();
  let validUntilMs = Number.NEGATIVE_INFINITY;

  async function run(http: HttpGet, signal: AbortSignal): Promise<void> {
    try {
      await checkKey({ ...check, http, signal });
      keep(Promise.resolve());
    } catch (error) {
      const isFinal = error instanceof KeyRejectedError || error instanceof BaseUrlError;
      if (isFinal) keep(Promise.reject(error));
      if (isFinal || !(error instanceof UserError)) throw error;
    }
  }

  function keep(final: Promise<void>): void {
    final.catch(() => {}); // Nobody may ask for it.
    result = final;
    validUntilMs = clock.monotonic() + RESULT_MS;
  }

  return {
    async pending(signal) {
      if (call.isRunning) await call.join(() => Promise.resolve(), signal);
    },
    confirm(http, signal) {
      if (!call.isRunning && clock.monotonic() < validUntilMs) return result;
      return call.join((shared) => run(http, shared), signal);
    },
  };
}
