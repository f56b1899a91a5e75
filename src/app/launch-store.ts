import { areSameSettings } from '../download/manifest.ts';
import { UserError } from '../errors.ts';
import { areSameFilters } from '../fleet/filters.ts';
import {
  createLaunchRecord,
  type LaunchRecord,
  markPlaces,
  parseLaunchRecord,
  rangesOf,
  writeLaunchRecord,
} from '../fleet/launch-record.ts';
import type { ManifestSummary } from '../fleet/manifest-summary.ts';
import type { FleetPlan } from '../fleet/plan.ts';
import { FLEET_PREFIX, fleetKey, JSON_TYPE } from '../lake/keys.ts';
import type { ETag, Lake, LakeEntry, LakeOptions } from '../lake/lake.ts';
import { isSameSource, type LakeSource } from '../lake/source.ts';
import { partitionName } from '../partition.ts';
import { RETENTION_SECONDS } from '../worker-contract.ts';

/** A launch and the version (ETag) at which it was read. */
export interface StoredLaunch {
  readonly fleet: LaunchRecord;
  readonly etag: ETag;
}

/** How many of the latest launches are searched. */
const SEARCHED_LAUNCHES = 20;

/** How many launches a status considers. */
const RECENT_LAUNCHES = 5;

/** Reads the most recent launches: first the one that was sent, or resumed, last. */
export async function readRecentLaunches(
  { lake }: { readonly lake: Lake },
  options?: LakeOptions,
): Promise<LaunchRecord[]> {
  const entries = await listLatest(lake, options);
  const recent = entries
    .sort((a, b) => b.lastModified.getTime() - a.lastModified.getTime())
    .slice(0, RECENT_LAUNCHES);
  const launches = await Promise.all(recent.map((entry) => readLaunch(lake, entry, options)));
  return launches.flatMap((stored) => stored?.fleet ?? []);
}

/** The latest launch, or `undefined` when the lake has none. */
export async function readLatestLaunch(
  { lake }: { readonly lake: Lake },
  options?: LakeOptions,
): Promise<StoredLaunch | undefined> {
  for (const entry of await listLatest(lake, options)) {
    const stored = await readLaunch(lake, entry, options);
    if (stored !== undefined) return stored;
  }
  return undefined;
}

/**
 * Finds an interrupted launch of the last 14 days with the same filters, settings and queue.
 * If it was killed before it marked some partitions as sent, their manifests contain the name of its run.
 */
export async function findUnfinishedLaunch(
  { lake, nowMs }: { readonly lake: Lake; readonly nowMs: number },
  plan: Pick<FleetPlan, 'filters' | 'settings' | 'titleTypes'>,
  options: {
    readonly queueName: string;
    readonly source?: LakeSource;
    readonly summaries: ReadonlyMap<string, ManifestSummary>;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<StoredLaunch | undefined> {
  const { queueName, source, summaries, signal } = options;
  for (const entry of await listLatest(lake, { signal })) {
    if (entry.lastModified.getTime() < nowMs - RETENTION_SECONDS * 1_000) continue;
    const stored = await readLaunch(lake, entry, { signal });
    if (stored === undefined) continue;
    const { fleet } = stored;
    const isSamePlan =
      fleet.queue === queueName &&
      areSameFilters(fleet.filters, plan.filters) &&
      areSameSettings(fleet.settings, plan.settings) &&
      isSameSource(fleet.source, source) &&
      fleet.titleTypes.join() === plan.titleTypes.join();
    if (!isSamePlan) continue;
    // A finished launch of the same plan supersedes earlier ones.
    return fleet.finishedAt === undefined ? markBegun(stored, summaries) : undefined;
  }
  return undefined;
}

function markBegun(
  { fleet, etag }: StoredLaunch,
  summaries: ReadonlyMap<string, ManifestSummary>,
): StoredLaunch {
  const marks = markPlaces(fleet.partitions.length, fleet.acknowledged);
  fleet.partitions.forEach(([year, initial], place) => {
    if (summaries.get(partitionName({ year, initial }))?.lastRun.run === fleet.run) marks[place] = 1;
  });
  return { etag, fleet: { ...fleet, acknowledged: rangesOf(marks) } };
}

/**
 * Writes a plan into the lake as a new launch. It sends nothing.
 * @throws {UserError} when a launch with this name exists.
 */
export async function storeLaunch(
  { lake }: { readonly lake: Lake },
  plan: FleetPlan,
  {
    signal,
    ...launch
  }: {
    readonly run: string;
    readonly queue: string;
    readonly source?: LakeSource | undefined;
    readonly nowMs: number;
    readonly signal: AbortSignal | undefined;
  },
): Promise<StoredLaunch> {
  const fleet = createLaunchRecord(plan, launch);
  const key = fleetKey(fleet.run);
  const text = writeLaunchRecord(fleet);
  const etag =
    (await lake.compareAndSwap(key, text, JSON_TYPE, null, { signal })) ??
    (await etagOfOwnWrite(lake, key, text, { signal }));
  if (etag !== undefined) return { fleet, etag };
  throw new UserError(`${lake.url}/${key} already exists: run the same launch again.`);
}

/**
 * Returns the version of an object if this process wrote it. A compare-and-swap can fail although it was applied: the
 * S3 client repeats a request whose response was lost.
 */
export async function etagOfOwnWrite(
  lake: Lake,
  key: string,
  text: string,
  options?: LakeOptions,
): Promise<ETag | undefined> {
  const object = await lake.read(key, options);
  return object?.body.toString('utf8') === text ? object.etag : undefined;
}

/** Launches are named by time. */
async function listLatest(lake: Lake, options?: LakeOptions): Promise<LakeEntry[]> {
  const entries: LakeEntry[] = [];
  for await (const entry of lake.list(FLEET_PREFIX, options)) entries.push(entry);
  return entries.reverse().slice(0, SEARCHED_LAUNCHES);
}

async function readLaunch(
  lake: Lake,
  { key }: LakeEntry,
  options?: LakeOptions,
): Promise<StoredLaunch | undefined> {
  const object = await lake.read(key, options);
  const fleet = object && parseLaunchRecord(object.body.toString('utf8'));
  return object && fleet && { fleet, etag: object.etag };
}
