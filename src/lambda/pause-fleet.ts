import type { Clock } from '../clock.ts';
import type { Deadline } from './deadline.ts';
import type { Log } from './json-log.ts';

/** Lambda's poller needs a while to stop: meanwhile this worker takes no further message. */
const HOLD_MS = 30_000;

/**
 * Disables the function's own event source, so that a revoked key does not burn the messages of a whole fleet, and
 * stays in place until Lambda's poller has taken notice.
 * @returns whether it was disabled.
 */
export async function pauseFleet(
  {
    disableEventSource,
    clock,
    log,
  }: {
    readonly disableEventSource: (() => Promise<void>) | undefined;
    readonly clock: Clock;
    readonly log: Log;
  },
  { stop }: Deadline,
): Promise<boolean> {
  if (disableEventSource === undefined) {
    log('ERROR', 'The event source stays enabled: TDD_EVENT_SOURCE_UUID is not set, so run "tdd deploy".');
    return false;
  }
  try {
    await disableEventSource();
  } catch (error) {
    log('ERROR', 'The event source could not be disabled.', { reason: String(error) });
    return false;
  }
  log('WARN', 'The event source was disabled: give the function a valid key, then run "tdd resume".');
  await clock.sleep(HOLD_MS, stop).catch(() => undefined); // The time was up first.
  return true;
}
