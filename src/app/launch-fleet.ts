import { UserError } from '../errors.ts';
import { createLaunchRecord, markPlaces, rangesOf, writeLaunchRecord } from '../fleet/launch-record.ts';
import type { ManifestSummary } from '../fleet/manifest-summary.ts';
import type { FleetPlan } from '../fleet/plan.ts';
import { fleetKey, JSON_TYPE } from '../lake/keys.ts';
import type { Lake, LakeOptions } from '../lake/lake.ts';
import { partitionName } from '../partition.ts';
import { createRunId } from '../run-id.ts';
import { findUnfinishedFleet, type StoredLaunch } from './launch-store.ts';
import { type SendDeps, type SendProgress, type SendReport, sendFleet } from './send-launch.ts';

/** What a launch has done. */
export interface LaunchReport extends SendReport {
  /** ISO instant at which the launch that was taken up again had begun. */
  readonly resumedFrom?: string;
}

/** How a launch is watched, ended and taken up. */
export interface LaunchOptions {
  /** The queue's name. */
  readonly queueName: string;
  /** An unfinished launch, from {@link findUnfinishedLaunch}, to go on with instead of sending `plan`. */
  readonly resume?: StoredLaunch | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: SendProgress) => void) | undefined;
}

/**
 * Sends a fleet: its plan is written into the lake first, then each partition goes to the queue, and what SQS has
 * acknowledged is marked in the plan.
 * @throws what {@link sendFleet} throws; {@link findUnfinishedLaunch} then finds what was left.
 */
export async function launchFleet(
  deps: SendDeps,
  plan: FleetPlan,
  { queueName, resume, signal, onProgress }: LaunchOptions,
): Promise<LaunchReport> {
  const stored = resume ?? (await beginFleet(deps, plan, queueName, signal));
  const report = await sendFleet(deps, stored, { signal, onProgress });
  return resume === undefined ? report : { ...report, resumedFrom: resume.fleet.launchedAt };
}

/**
 * The launch of the last 14 days that has the same filters, settings and queue and was cut off, if there is one.
 * What it has sent without having marked it is taken from the manifests: a worker that began such a partition has
 * left the launch's name there.
 */
export async function findUnfinishedLaunch(
  deps: { readonly lake: Lake; readonly nowMs: number },
  plan: Pick<FleetPlan, 'filters' | 'settings' | 'titleTypes'>,
  {
    queueName,
    summaries,
    signal,
  }: {
    readonly queueName: string;
    readonly summaries: ReadonlyMap<string, ManifestSummary>;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<StoredLaunch | undefined> {
  const options: LakeOptions = { signal };
  const stored = await findUnfinishedFleet(deps, plan, queueName, options);
  if (stored === undefined) return undefined;
  const { fleet, etag } = stored;
  const marks = markPlaces(fleet.partitions.length, fleet.acknowledged);
  fleet.partitions.forEach(([year, initial], place) => {
    if (summaries.get(partitionName({ year, initial }))?.lastRun.run === fleet.run) marks[place] = 1;
  });
  return { etag, fleet: { ...fleet, acknowledged: rangesOf(marks) } };
}

async function beginFleet(
  { lake, clock, random }: SendDeps,
  plan: FleetPlan,
  queue: string,
  signal: AbortSignal | undefined,
): Promise<StoredLaunch> {
  const nowMs = clock.now();
  const fleet = createLaunchRecord(plan, { run: createRunId(nowMs, random), queue, nowMs });
  const key = fleetKey(fleet.run);
  const etag = await lake.compareAndSwap(key, writeLaunchRecord(fleet), JSON_TYPE, null, { signal });
  if (etag !== undefined) return { fleet, etag };
  // A retried write can meet the version that it has just made itself.
  const object = await lake.read(key, { signal });
  if (object?.body.toString('utf8') === writeLaunchRecord(fleet)) return { fleet, etag: object.etag };
  throw new UserError(`${lake.url}/${key} is there already: run the launch again.`);
}
