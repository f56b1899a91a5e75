import type { FleetPlan } from '../fleet/plan.ts';
import type { Connection } from './connection.ts';
import { findUnfinishedLaunch, type LaunchReport, launchFleet } from './launch-fleet.ts';
import { readManifestSummaries } from './manifest-summaries.ts';
import type { SendProgress } from './send-launch.ts';

/** What of a connection a launch works with. */
type LaunchDeps = Pick<Connection, 'lake' | 'queue' | 'cache' | 'clock' | 'random' | 'settings'>;

/**
 * Sends a plan's partitions to the workers. A launch of the same filters and settings that was cut off before all was
 * sent is gone on with instead, so that no partition is sent twice.
 * @throws {UserError} when there is no queue or SQS goes on failing: the same call then goes on from there.
 */
export async function launch(
  connection: LaunchDeps,
  plan: FleetPlan,
  options: { readonly onProgress?: (progress: SendProgress) => void; readonly signal?: AbortSignal } = {},
): Promise<LaunchReport> {
  const { lake, clock, settings } = connection;
  const { queueName } = settings;
  const { signal } = options;
  await connection.queue.url(); // Before a plan is written that nobody could send.
  const { byPartition: summaries } = await readManifestSummaries(connection, { signal });
  const resume = await findUnfinishedLaunch({ lake, nowMs: clock.now() }, plan, {
    queueName,
    summaries,
    signal,
  });
  return launchFleet(connection, plan, { ...options, queueName, resume });
}
