import { collectTitles, type IndexName, writePartitionIndex } from './partition-index.ts';
import type { PartitionIndex } from './partition-map.ts';
import { readPartitionIndex } from './read-partition.ts';
import { readSnapshot, type SnapshotDeps, type SnapshotSource } from './read-snapshot.ts';

/** How far the building of an index is. */
export interface IndexProgress extends SnapshotSource {
  /** Gzipped bytes read so far. */
  readonly bytes: number;
  /** Rows looked at so far. */
  readonly rows: number;
}

/** Which index, and who is told of the work when it has to be built. */
export interface EnsureIndexOptions extends IndexName {
  /** Called about once for each megabyte read. A second try of a download begins again at 0. */
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
}

/**
 * The partition index of a snapshot: the lake's own, else built from the lake's snapshot, else from today's download,
 * which goes into the lake in the same pass. So IMDb is asked once a day for each lake; only those who begin before
 * the first has finished ask it too, and write the same.
 * @throws {SnapshotGoneError} for a day that is neither in the lake nor today.
 * @throws {SnapshotError} when the snapshot cannot be had or used.
 */
export async function ensurePartitionIndex(
  deps: SnapshotDeps,
  { day, titleTypes, onProgress }: EnsureIndexOptions,
): Promise<PartitionIndex> {
  const name = { day, titleTypes };
  const present = await readPartitionIndex(deps, name);
  if (present !== undefined) return present;
  const titles = await readSnapshot(deps, day, async (source, from) => {
    let bytes = 0;
    async function* counted(): AsyncGenerator<Buffer> {
      for await (const chunk of source) {
        bytes += chunk.length;
        yield chunk;
      }
    }
    return await collectTitles(counted(), titleTypes, (rows) => onProgress?.({ ...from, bytes, rows }));
  });
  return await writePartitionIndex(deps, titles, name);
}
