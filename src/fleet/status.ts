import type { FleetStatus } from '../app/status.ts';
import { SURELY_EMPTY_MS } from '../aws/queue-interface.ts';

/**
 * Makes a judge of a fleet that is looked at again and again: is there nothing more to wait for? So it is with a fleet
 * that is complete, paused (by a person, or by a worker whose key was refused) or was never launched; and with one that
 * has ended with something left, once its queue has been empty long enough to be sure.
 */
export function watchForEnd(): (status: Pick<FleetStatus, 'phase' | 'at'>) => boolean {
  let endedSinceMs: number | undefined;
  return ({ phase, at }) => {
    if (phase !== 'ended') {
      endedSinceMs = undefined;
      return phase === 'complete' || phase === 'paused' || phase === 'none';
    }
    const nowMs = Date.parse(at);
    endedSinceMs ??= nowMs;
    return nowMs - endedSinceMs >= SURELY_EMPTY_MS;
  };
}
