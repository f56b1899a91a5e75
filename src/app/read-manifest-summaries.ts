import { setMaxListeners } from 'node:events';
import type { Clock } from '../clock.ts';
import { parseManifest } from '../download/manifest-store.ts';
import { type ManifestSummary, summarizeManifest } from '../fleet/manifest-summary.ts';
import {
  decodeSummaries,
  encodeSummaries,
  type SummaryCache,
  type VersionedSummary,
} from '../fleet/summary-cache.ts';
import { MANIFEST_PREFIX, partitionOfManifestKey } from '../lake/keys.ts';
import type { Lake, LakeEntry } from '../lake/lake.ts';
import { type Partition, partitionName } from '../partition.ts';
import { workInLanes } from './in-lanes.ts';

/** Every manifest of a lake, summed up. */
export interface ManifestSummaries {
  /** By {@link partitionName}. */
  readonly byPartition: ReadonlyMap<string, ManifestSummary>;
  /** Partitions whose manifest is damaged. */
  readonly unreadable: readonly Partition[];
  /** How many were read from the lake: the others had not changed since the last look. */
  readonly read: number;
}

/** One connection each; the S3 client has 50. */
const READS_AT_ONCE = 32;

/**
 * Lists a lake's manifests and reads those that have changed since the cache was written.
 * @param options.onProgress is told how many of those that must be read have been.
 * @throws what the lake throws; a manifest that is damaged is named in the answer.
 */
export async function readManifestSummaries(
  {
    lake,
    cache,
    clock,
  }: { readonly lake: Lake; readonly cache?: SummaryCache | undefined; readonly clock: Clock },
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((progress: { readonly read: number; readonly total: number }) => void) | undefined;
  } = {},
): Promise<ManifestSummaries> {
  const { signal, onProgress } = options;
  const cached = new Map<string, VersionedSummary>();
  for (const known of decodeSummaries(lake.url, await cache?.read())) {
    cached.set(partitionName(known.summary.partition), known);
  }
  const current = new Map<string, VersionedSummary>();
  const changed: { readonly entry: LakeEntry; readonly partition: Partition }[] = [];
  for await (const entry of lake.list(MANIFEST_PREFIX, { signal })) {
    const partition = partitionOfManifestKey(entry.key);
    if (partition === undefined) continue;
    const known = cached.get(partitionName(partition));
    if (known?.etag === entry.etag) current.set(partitionName(partition), known);
    else changed.push({ entry, partition });
  }

  if (signal !== undefined) setMaxListeners(0, signal); // Each read in flight listens to it.
  const unreadable: Partition[] = [];
  let read = 0;
  await workInLanes(changed, { lanes: READS_AT_ONCE, signal }, async ({ entry, partition }) => {
    const object = await lake.read(entry.key, { signal });
    if (object !== undefined) {
      const summary = trySummarize(object.body.toString('utf8'), partition, clock.now());
      if (summary === undefined) unreadable.push(partition);
      else current.set(partitionName(partition), { etag: object.etag, summary });
    }
    read += 1;
    onProgress?.({ read, total: changed.length });
  });

  if (changed.length > 0 || current.size !== cached.size) {
    await cache?.write(encodeSummaries(lake.url, current.values()));
  }
  const byPartition = new Map([...current].map(([name, { summary }]) => [name, summary]));
  return { byPartition, unreadable, read };
}

/** @returns nothing for a text that is no manifest of this partition. */
function trySummarize(text: string, partition: Partition, nowMs: number): ManifestSummary | undefined {
  try {
    const summary = summarizeManifest(parseManifest(text, ''), nowMs);
    return { ...summary, partition };
  } catch {
    return undefined;
  }
}
