import { UserError } from '../../errors.ts';
import { FileSystemError } from '../../lake/directory/file-errors.ts';
import type { Lake } from '../../lake/lake.ts';
import type { Partition } from '../../partition.ts';
import { openImdbTitles } from './imdb-titles.ts';
import type { KeptManifests } from './kept-manifests.ts';
import { readPartition } from './read-partition.ts';
import { writeMissingParts } from './write-missing-parts.ts';
import type { ExportedPartition } from './write-year.ts';

/** Reads the partitions of a lake for an export. */
export interface PartitionReader {
  /** Reads a partition and, if it is complete but lacks its parts, writes them. */
  read(partition: Partition): Promise<ExportedPartition>;
  /** The work so far. */
  readonly done: { readonly documentsRead: number; readonly partsWritten: number };
}

/** After this many lost swaps, the parts are left to the processes that change the partition. */
const MAX_SWAPS = 5;

/**
 * Creates a reader of partitions. It can also read a read-only lake.
 * @param options.onPartsNotWritten called once, with the reason, if the parts cannot be written.
 * @param options.onTitlesMissing called once, with the reason, if an index of IMDb's titles is damaged.
 */
export async function openPartitionReader(
  { lake, manifests }: { readonly lake: Lake; readonly manifests: KeptManifests },
  {
    signal,
    onPartsNotWritten,
    onTitlesMissing,
  }: {
    readonly signal: AbortSignal;
    readonly onPartsNotWritten: ((reason: string) => void) | undefined;
    readonly onTitlesMissing: ((reason: string) => void) | undefined;
  },
): Promise<PartitionReader> {
  const imdbTitlesOf = await openImdbTitles({ lake }, onTitlesMissing);
  const done = { documentsRead: 0, partsWritten: 0 };
  let canWrite = true;
  return {
    done,
    read: async (partition) => {
      const [imdbTitles, content] = await Promise.all([
        imdbTitlesOf(partition),
        readAndWriteParts(partition),
      ]);
      return { ...content, imdbTitles };
    },
  };

  async function readAndWriteParts(partition: Partition) {
    for (let swaps = 0; ; swaps += 1) {
      const content = await readPartition({ lake, manifests }, partition);
      done.documentsRead += content.documentsRead;
      const { lacksParts } = content;
      if (lacksParts === undefined || !canWrite || swaps === MAX_SWAPS) return content;
      try {
        const version = await writeMissingParts({ lake }, content, lacksParts);
        if (version === undefined) continue;
        done.partsWritten += 1;
        return { ...content, version };
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof UserError)) throw error;
        // The advice of a file system error is for lakes that must be written.
        const reason = error instanceof FileSystemError ? `${error.problem}.` : error.message;
        if (canWrite) onPartsNotWritten?.(reason);
        canWrite = false;
        return content;
      }
    }
  }
}
