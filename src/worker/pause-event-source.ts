import type { OwnEventSource } from '../aws/event-source.ts';
import type { Clock } from '../clock.ts';
import { WORKER_VARIABLES } from '../worker-contract.ts';
import type { Deadline } from './deadline.ts';
import type { Log } from './log.ts';

/** Lambda rejects an update while another is in progress, usually by another worker for the same reason. */
const MAX_ATTEMPTS = 3;
const RETRY_DELAY_MS = 5_000;
/** Lambda's poller takes some time to stop. A worker that waits receives no further messages. */
const POLLER_STOP_MS = 30_000;

/** What someone must deploy before the workers can continue. */
const FIXES = { keyRefused: 'a valid API key', otherSource: "the addresses of the lake's source" };

/** The dependencies of {@link pauseEventSource}. */
export interface PauseDeps {
  /** The function's own event source; absent when its ID is unknown. */
  readonly eventSource?: OwnEventSource | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Disables the function's own event source, and waits until Lambda's poller has stopped. Otherwise the messages of the
 * whole fleet would use up their receives on a revoked API key, or on a worker with another source than the lake.
 * @returns whether the event source was disabled.
 */
export async function pauseEventSource(
  { eventSource, clock, log }: PauseDeps,
  { stop }: Deadline,
  cause: 'keyRefused' | 'otherSource',
): Promise<boolean> {
  if (eventSource === undefined) {
    log(
      'ERROR',
      `The event source stays enabled, because ${WORKER_VARIABLES.eventSourceId} is not set: run "tdd deploy".`,
    );
    return false;
  }
  for (let tries = 1; ; tries += 1) {
    try {
      await eventSource.disable();
      break;
    } catch (error) {
      log('ERROR', 'The event source could not be disabled.', { tries, reason: String(error) });
      if (tries >= MAX_ATTEMPTS || stop.aborted) return false;
    }
    await wait(RETRY_DELAY_MS);
  }
  log('WARN', `The event source was disabled: deploy ${FIXES[cause]}, then run "tdd resume".`);
  await wait(POLLER_STOP_MS);
  return true;

  async function wait(ms: number): Promise<void> {
    await clock.sleep(ms, stop).catch(() => undefined); // The time ran out.
  }
}
