import { backoffMs, parseRetryAfter } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import { capitalize } from '../text.ts';
import type { Trace } from '../trace.ts';
import { LONG_WAIT_MS, type OnWait } from '../wait.ts';
import { type AwsFailure, classifyAwsError, httpStatusOf, responseHeader } from './errors.ts';

/** A call fails only after S3 has failed for this long. Throttling of a new prefix lasts up to some minutes. */
const BUDGET_MS = 120_000;
const BACKOFF = { firstMs: 200, factor: 2, longestMs: 10_000, jitter: 1 };
/** For an endpoint that has never answered, which is usually wrong. */
const ATTEMPTS_TO_REACH = 3;

/** What retries need from their caller. */
export interface RetryDeps {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Observes each retry. */
  readonly trace?: Trace | undefined;
  /** Called with waits that delay a call by {@link LONG_WAIT_MS} or more. */
  readonly onWait?: OnWait | undefined;
}

/** The retries of one call. */
export interface Retries {
  /** Calls `attempt` until it succeeds. */
  run<Answer>(attempt: () => Promise<Answer>): Promise<Answer>;
  /**
   * Waits before the next attempt, for the time that S3 asks for or with exponential backoff.
   * @throws `error` when a retry is pointless or the call has failed for two minutes, and the signal's reason as soon as
   *   the call is aborted.
   */
  waitAfter(error: unknown): Promise<void>;
  /** Starts the two minutes again: the call has made progress. */
  restart(): void;
}

/**
 * Starts the retries of one call.
 * @param endpoint of all calls of a client: whether anything has answered.
 * @param signal ends a wait.
 */
export function startRetries(
  { clock, random, trace, onWait }: RetryDeps,
  endpoint: { hasAnswered: boolean },
  signal: AbortSignal | undefined,
): Retries {
  let failures = 0;
  let failingSinceMs = 0;

  async function waitAfter(error: unknown): Promise<void> {
    endpoint.hasAnswered ||= httpStatusOf(error) !== undefined;
    const failure = classifyAwsError(withAttempts(error, undefined), { actions: ['s3:*'] });
    const now = clock.monotonic();
    if (failures === 0) failingSinceMs = now;
    failures += 1;
    const leftMs = failingSinceMs + BUDGET_MS - now;
    const isUnreachable = failure?.kind === 'unreachable' && !endpoint.hasAnswered;
    const isLast = leftMs <= 0 || (isUnreachable && failures >= ATTEMPTS_TO_REACH);
    if (isLast || !mayPass(error, failure)) throw withAttempts(error, failures);
    const waitMs = Math.min(
      leftMs,
      Math.max(backoffMs(failures, BACKOFF, random), requestedMs(error, clock.now())),
    );
    const reason = capitalize(failure?.problem ?? "This machine's clock was corrected");
    trace?.decision(`${reason}; next attempt in ${(waitMs / 1_000).toFixed(1)} s`);
    if (now + waitMs - failingSinceMs >= LONG_WAIT_MS) {
      onWait?.({ reason, next: 'retrying', untilMs: clock.now() + waitMs });
    }
    await clock.sleep(waitMs, signal);
  }

  return {
    waitAfter,
    restart: () => {
      failures = 0;
    },
    async run(attempt) {
      for (;;) {
        try {
          const answer = await attempt();
          endpoint.hasAnswered = true;
          return answer;
        } catch (error) {
          await waitAfter(error);
        }
      }
    },
  };
}

/** Whether a retry can succeed. The SDK sets the clock that it signs requests with when S3 reports that it is wrong. */
function mayPass(error: unknown, failure: AwsFailure | undefined): boolean {
  const { $metadata } = error as { readonly $metadata?: { readonly clockSkewCorrected?: boolean } };
  return failure?.isTransient === true || $metadata?.clockSkewCorrected === true;
}

/** How long S3 asks to wait: `Retry-After`, or the milliseconds that AWS's own SDKs read. */
function requestedMs(error: unknown, now: number): number {
  const ms = Number(responseHeader(error, 'x-amz-retry-after'));
  return ms > 0 ? ms : parseRetryAfter(responseHeader(error, 'retry-after'), now);
}

/** Sets the number of attempts that messages show: the SDK counts only its own. */
function withAttempts(error: unknown, attempts: number | undefined): unknown {
  const { $metadata } = error as { $metadata?: { attempts?: number | undefined } };
  if ($metadata !== undefined) $metadata.attempts = attempts;
  return error;
}
