import { parseRetryAfter } from '../backoff.ts';
import type { Clock } from '../clock.ts';
import type { Trace } from '../trace.ts';
import { LONG_WAIT_MS, type Wait } from '../wait.ts';
import { throttledThroughout } from './outage.ts';
import type { Pacer } from './pacer.ts';

/** Notices how long TMDB answers every request with 429. */
interface Throttling {
  /**
   * Pauses all requests after a 429, and reports a long pause.
   * @param retryAfter the response's header.
   * @param sentAtMs when the request was sent, see {@link Pacer.take}.
   * @throws {OutageError} when TMDB has answered nothing else for {@link LONGEST_THROTTLING_MS}.
   */
  pause(retryAfter: string | undefined, sentAtMs: number): void;
  /** TMDB has answered with something else. */
  end(): void;
}

/** After this time in which TMDB answers every request with 429, waiting longer is of no use. */
const LONGEST_THROTTLING_MS = 15 * 60_000;
/** No pause is longer than ten minutes, so a longer gap between two 429s means that no requests were sent. */
const LONGEST_GAP_MS = 11 * 60_000;

/** @param deps.reportWait shows a wait of `ms` milliseconds. */
export function createThrottling({
  pacer,
  clock,
  baseUrl,
  trace,
  reportWait,
}: {
  readonly pacer: Pick<Pacer, 'throttled'>;
  readonly clock: Clock;
  readonly baseUrl: string;
  readonly trace: Trace | undefined;
  readonly reportWait: (reason: string, next: Wait['next'], ms: number) => void;
}): Throttling {
  /** The time of the first 429 since another answer, by the monotonic clock. */
  let sinceMs: number | undefined;
  let lastMs = Number.NEGATIVE_INFINITY;
  return {
    pause(retryAfter, sentAtMs) {
      const wait = retryAfter === undefined ? '' : ` (Retry-After: ${retryAfter})`;
      trace?.decision(`TMDB is throttling requests: pausing${wait}`);
      const pauseMs = pacer.throttled(sentAtMs, parseRetryAfter(retryAfter, clock.now()));
      const nowMs = clock.monotonic();
      if (nowMs - lastMs > LONGEST_GAP_MS) sinceMs = undefined;
      lastMs = nowMs;
      sinceMs ??= nowMs;
      const throttledMs = nowMs - sinceMs;
      if (throttledMs >= LONGEST_THROTTLING_MS) throw throttledThroughout(baseUrl, throttledMs);
      if (pauseMs >= LONG_WAIT_MS) {
        reportWait('TMDB asks for a pause (429)', 'continuing', pauseMs);
      } else if (throttledMs >= LONG_WAIT_MS) {
        reportWait(
          'TMDB is throttling every request (429)',
          'giving up',
          LONGEST_THROTTLING_MS - throttledMs,
        );
      }
    },
    end() {
      sinceMs = undefined;
    },
  };
}
