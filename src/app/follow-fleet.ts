import { watchForEnd } from '../fleet/status.ts';
import { type FleetStatus, readStatus, type StatusDeps } from './status.ts';

/**
 * Looks at the fleet again and again until there is nothing more to wait for: it is complete, ended with something
 * left, paused, or was never launched.
 * @param options.everyMs between two looks.
 * @param options.onStatus is told each look.
 * @returns the last look; its `phase` and `advice` say how it ended.
 * @throws the signal's reason when it is aborted, and what `readStatus` throws.
 */
export async function followFleet(
  connection: StatusDeps,
  options: {
    readonly everyMs?: number;
    readonly onStatus?: (status: FleetStatus) => void;
    readonly signal?: AbortSignal;
  } = {},
): Promise<FleetStatus> {
  const { everyMs = 5_000, onStatus, signal } = options;
  const isOver = watchForEnd();
  while (true) {
    const status = await readStatus(connection, { signal });
    onStatus?.(status);
    if (isOver(status)) return status;
    await connection.clock.sleep(everyMs, signal);
  }
}
