import { UserError } from '../errors.ts';
import type { PartitionIndex } from '../imdb/partition-index.ts';
import type { Lake } from '../lake/lake.ts';
import { type Partition, partitionName } from '../partition.ts';

/** A partition to download, whole or a few of its titles. */
export interface DownloadTarget {
  readonly partition: Partition;
  readonly only?: ReadonlySet<string>;
}

/** An IMDb id that cannot be downloaded. */
export interface TitleWithoutPartition {
  readonly imdbId: string;
  readonly reason: string;
}

/** @throws {UserError} when the index lists nothing there. */
export async function choosePartition(index: PartitionIndex, partition: Partition): Promise<DownloadTarget> {
  const { findPartition } = await import('../imdb/partition-index.ts');
  if (findPartition(index, partition)) return { partition };
  throw new UserError(
    `IMDb's list of ${index.snapshot} has no ${index.titleTypes.join(' or ')} in the partition ${partitionName(partition)}: there is nothing to download.`,
  );
}

/** Finds the partitions of single titles, by streaming the index's rows. */
export async function chooseTitles(
  { lake, signal }: { lake: Lake; signal: AbortSignal },
  index: PartitionIndex,
  imdbIds: readonly string[],
): Promise<{ jobs: DownloadTarget[]; withoutPartition: TitleWithoutPartition[] }> {
  const { findTitlesById } = await import('../imdb/find-titles.ts');
  const found = await findTitlesById({ lake, signal }, index, imdbIds);
  const jobs = new Map<string, { partition: Partition; only: Set<string> }>();
  const withoutPartition: TitleWithoutPartition[] = [];
  for (const imdbId of imdbIds) {
    const title = found.get(imdbId);
    if (title?.partition) {
      const name = partitionName(title.partition);
      const job = jobs.get(name) ?? { partition: title.partition, only: new Set() };
      jobs.set(name, job);
      job.only.add(imdbId);
    } else {
      const reason = title
        ? `IMDb names no year for "${title.title}", so it has no partition`
        : `IMDb's list of ${index.snapshot} has no ${index.titleTypes.join(' or ')} of this id`;
      withoutPartition.push({ imdbId, reason });
    }
  }
  return { jobs: [...jobs.values()], withoutPartition };
}
