import { UserError } from '../errors.ts';
import { indexMapKey } from '../lake/keys.ts';
import type { Partition } from '../partition.ts';
import { type IndexReadDeps, listPartitions, type PartitionIndex } from './partition-index.ts';

/** Where a title was found. */
interface FoundTitle {
  /** `undefined` for a title without a start year: it has no partition. */
  readonly partition: Partition | undefined;
  readonly title: string;
}

const LINE_FEED = 0x0a;

/**
 * Finds titles by their IMDb ids, streaming the index's rows: memory stays flat, however large the index.
 * @returns the ids that were found; for any other, the snapshot has no title of the wanted types.
 * @throws {UserError} when the rows file is gone.
 */
export async function findTitlesById(
  { lake, signal }: IndexReadDeps,
  index: PartitionIndex,
  imdbIds: Iterable<string>,
): Promise<Map<string, FoundTitle>> {
  const wanted = new Set(imdbIds);
  const found = new Map<string, FoundTitle>();
  if (wanted.size === 0) return found;
  const stream = await lake.readStream(index.rows.key, { signal });
  if (stream === undefined) {
    throw new UserError(
      `The rows of the index are gone from the lake ${lake.url} (${index.rows.key}): delete ${indexMapKey(index.snapshot, index.titleTypes)} there, and the next run builds the index anew.`,
    );
  }
  const partitionAt = createPartitionFinder(index);
  let offset = 0;
  let begun: Buffer = Buffer.alloc(0);
  for await (const piece of stream as AsyncIterable<Buffer>) {
    const chunk = begun.length > 0 ? Buffer.concat([begun, piece]) : piece;
    const end = chunk.lastIndexOf(LINE_FEED) + 1;
    for (let start = 0; start < end; ) {
      const next = chunk.indexOf(LINE_FEED, start) + 1;
      const tab = chunk.indexOf(0x09, start);
      const imdbId = chunk.toString('latin1', start, tab);
      if (wanted.has(imdbId)) {
        const title = chunk.toString('utf8', tab + 1, next - 1);
        found.set(imdbId, { partition: partitionAt(offset + start), title });
        if (found.size === wanted.size) return found;
      }
      start = next;
    }
    begun = Buffer.from(chunk.subarray(end));
    offset += end;
  }
  return found;
}

/** The partition of the row at a byte of the rows file; asked with rising offsets only. */
function createPartitionFinder(index: PartitionIndex): (offset: number) => Partition | undefined {
  const byEnd = listPartitions(index)
    .map(({ year, initial }) => ({ year, initial, end: endOf(index, year, initial) }))
    .sort((a, b) => a.end - b.end);
  let at = 0;
  return (offset) => {
    let here = byEnd[at];
    while (here !== undefined && here.end <= offset) here = byEnd[++at];
    return here && { year: here.year, initial: here.initial };
  };
}

function endOf(index: PartitionIndex, year: number, initial: string): number {
  const [offset = 0, length = 0] = index.partitions[year]?.[initial] ?? [];
  return offset + length;
}
