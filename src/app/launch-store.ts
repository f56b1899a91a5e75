import { areSameSettings } from '../download/manifest.ts';
import { areSameFilters } from '../fleet/filters.ts';
import { type LaunchRecord, parseLaunchRecord } from '../fleet/launch-record.ts';
import type { FleetPlan } from '../fleet/plan.ts';
import { FLEET_PREFIX } from '../lake/keys.ts';
import type { ETag, Lake, LakeEntry, LakeOptions } from '../lake/lake.ts';
import { RETENTION_SECONDS } from '../worker-contract.ts';

/** A launch and the version it was read as. */
export interface StoredLaunch {
  readonly fleet: LaunchRecord;
  readonly etag: ETag;
}

/** So many launches are looked through, the latest first. */
const LOOK_BACK = 20;

/** The latest launch, or `undefined` when the lake has none. */
export async function readLatestFleet(
  { lake }: { readonly lake: Lake },
  options?: LakeOptions,
): Promise<StoredLaunch | undefined> {
  for (const entry of await listLatest(lake, options)) {
    const stored = await readFleet(lake, entry, options);
    if (stored !== undefined) return stored;
  }
  return undefined;
}

/** The latest launch of the last 14 days that planned what `plan` plans and was cut off before all was sent. */
export async function findUnfinishedFleet(
  { lake, nowMs }: { readonly lake: Lake; readonly nowMs: number },
  plan: Pick<FleetPlan, 'filters' | 'settings' | 'titleTypes'>,
  queue: string,
  options?: LakeOptions,
): Promise<StoredLaunch | undefined> {
  for (const entry of await listLatest(lake, options)) {
    if (entry.lastModified.getTime() < nowMs - RETENTION_SECONDS * 1_000) continue;
    const stored = await readFleet(lake, entry, options);
    if (stored === undefined) continue;
    const { fleet } = stored;
    const isSamePlan =
      fleet.queue === queue &&
      areSameFilters(fleet.filters, plan.filters) &&
      areSameSettings(fleet.settings, plan.settings) &&
      fleet.titleTypes.join() === plan.titleTypes.join();
    // An unfinished launch behind a finished one of the same plan has been made good by that.
    if (isSamePlan) return fleet.finishedAt === undefined ? stored : undefined;
  }
  return undefined;
}

/** Launches are named by time. */
async function listLatest(lake: Lake, options?: LakeOptions): Promise<LakeEntry[]> {
  const entries: LakeEntry[] = [];
  for await (const entry of lake.list(FLEET_PREFIX, options)) entries.push(entry);
  return entries.reverse().slice(0, LOOK_BACK);
}

async function readFleet(
  lake: Lake,
  { key }: LakeEntry,
  options?: LakeOptions,
): Promise<StoredLaunch | undefined> {
  const object = await lake.read(key, options);
  const fleet = object && parseLaunchRecord(object.body.toString('utf8'));
  return object && fleet && { fleet, etag: object.etag };
}
