import type { Clock } from '../clock.ts';
import { WORKER_VARIABLES } from '../worker-contract.ts';
import type { Deadline } from './deadline.ts';
import type { Log } from './log.ts';

/** Lambda refuses a change during another one, which is usually another worker's for the same reason. */
const TRIES = 3;
const BETWEEN_MS = 5_000;
/** Lambda's poller needs a while to stop; meanwhile this worker receives no further message. */
const HOLD_MS = 30_000;

/**
 * Disables the function's own event source, so that a revoked key does not use up the receives of a whole fleet's
 * messages, and waits until Lambda's poller has stopped.
 * @returns whether it was disabled.
 */
export async function pauseEventSource(
  {
    disableEventSource,
    clock,
    log,
  }: {
    readonly disableEventSource?: (() => Promise<void>) | undefined;
    readonly clock: Clock;
    readonly log: Log;
  },
  { stop }: Deadline,
): Promise<boolean> {
  if (disableEventSource === undefined) {
    log(
      'ERROR',
      `The event source stays enabled: ${WORKER_VARIABLES.eventSourceId} is not set, so run "tdd deploy".`,
    );
    return false;
  }
  for (let tries = 1; ; tries += 1) {
    try {
      await disableEventSource();
      break;
    } catch (error) {
      log('ERROR', 'The event source could not be disabled.', { tries, reason: String(error) });
      if (tries >= TRIES || stop.aborted) return false;
    }
    await wait(BETWEEN_MS);
  }
  log('WARN', 'The event source was disabled: give the function a valid key, then run "tdd resume".');
  await wait(HOLD_MS);
  return true;

  async function wait(ms: number): Promise<void> {
    await clock.sleep(ms, stop).catch(() => undefined); // The invocation's time was up first.
  }
}
