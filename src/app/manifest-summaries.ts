import { createHash } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import type { Clock } from '../clock.ts';
import { forEachConcurrently } from '../concurrency.ts';
import { NewerManifestError, parseManifest } from '../download/parse-manifest.ts';
import {
  decodeSummaries,
  encodeSummaries,
  type ManifestSummaries,
  type ManifestSummary,
  summarizeManifest,
  type VersionedSummary,
} from '../fleet/manifest-summary.ts';
import { makeFolder } from '../lake/directory/make-folder.ts';
import { MANIFEST_PREFIX, partitionOfManifestKey } from '../lake/keys.ts';
import type { Lake, LakeEntry } from '../lake/lake.ts';
import { type Partition, partitionName } from '../partition.ts';

/** Stores text between two reads of a lake. Losing it costs only time. */
export interface SummaryCache {
  /** The stored text, or `undefined`. */
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

/** The progress of reading the changed manifests. */
export interface ReadProgress {
  readonly read: number;
  readonly total: number;
}

/** One connection each; the S3 client has 50. */
const READS_AT_ONCE = 32;

/**
 * Lists a lake's manifests and reads those that have changed since the cache was written.
 * @throws any error of the lake; a damaged manifest is listed in the result's `unreadable`, one of a newer format in `newer`.
 */
export async function readManifestSummaries(
  {
    lake,
    cache,
    clock,
  }: { readonly lake: Lake; readonly cache?: SummaryCache | undefined; readonly clock: Clock },
  options: {
    readonly signal?: AbortSignal | undefined;
    readonly onProgress?: ((progress: ReadProgress) => void) | undefined;
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
  const newer: Partition[] = [];
  let read = 0;
  await forEachConcurrently(changed, { concurrency: READS_AT_ONCE, signal }, async ({ entry, partition }) => {
    const object = await lake.read(entry.key, { signal });
    if (object !== undefined) {
      const summary = trySummarize(object.body.toString('utf8'), partition, clock.now());
      if (summary === 'newer') newer.push(partition);
      else if (summary === 'damaged') unreadable.push(partition);
      else current.set(partitionName(partition), { etag: object.etag, summary });
    }
    read += 1;
    onProgress?.({ read, total: changed.length });
  });

  if (changed.length > 0 || current.size !== cached.size) {
    await cache?.write(encodeSummaries(lake.url, current.values()));
  }
  const byPartition = new Map([...current].map(([name, { summary }]) => [name, summary]));
  return { byPartition, unreadable, newer, read };
}

function trySummarize(
  text: string,
  partition: Partition,
  nowMs: number,
): ManifestSummary | 'damaged' | 'newer' {
  try {
    const summary = summarizeManifest(parseManifest(text, ''), nowMs);
    return { ...summary, partition };
  } catch (error) {
    return error instanceof NewerManifestError ? 'newer' : 'damaged';
  }
}

/** Creates a cache that lasts as long as the process. */
export function createMemoryCache(): SummaryCache {
  let kept: string | undefined;
  return {
    read: async () => kept,
    write: async (text) => {
      kept = text;
    },
  };
}

/**
 * Creates a cache in a file, one for each lake, which is read once. An unreadable file counts as an empty cache, and a
 * failed write is ignored: a full disk must not prevent reading a fleet's status.
 * @param folder the user's cache folder; the first write creates it.
 */
export function createSummaryCacheFile(folder: string, lakeUrl: string): SummaryCache {
  const name = createHash('sha256').update(lakeUrl).digest('hex').slice(0, 16);
  const path = join(folder, `manifests-${name}.json`);
  let kept: string | undefined;
  return {
    async read() {
      try {
        kept ??= await readFile(path, 'utf8');
      } catch {
        // Without a cache every manifest is read again.
      }
      return kept;
    },
    async write(text) {
      kept = text;
      try {
        await makeFolder(folder);
        await writeFileAtomic(path, text, { fsync: false });
      } catch {
        // The next process reads every manifest again.
      }
    },
  };
}
