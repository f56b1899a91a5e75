import { UserError } from '../errors.ts';
import { indexMapKey } from '../lake/keys.ts';
import type { Partition } from '../partition.ts';
import { type IndexReadDeps, listPartitions, type PartitionIndex } from './partition-index.ts';

/** A title that was found, and its partition. */
interface FoundTitle {
  /** `undefined` for a title without a start year, which has no partition. */
  readonly partition: Partition | undefined;
  readonly title: string;
}

const LINE_FEED = 0x0a;

/**
 * Finds titles by IMDb ID. Streams the rows of the index, so that memory does not grow with its size.
 * @returns the titles found, by ID. A missing ID is not a title of the wanted types in this snapshot.
 * @throws {UserError} when the rows file is missing.
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
      `The partition index in the lake ${lake.url} is incomplete, because ${index.rows.key} is missing: delete ${indexMapKey(index.snapshot, index.titleTypes)} to rebuild the index.`,
    );
  }
  const partitionAt = createPartitionFinder(index);
  let offset = 0;
  let partialRow: Buffer = Buffer.alloc(0);
  for await (const piece of stream as AsyncIterable<Buffer>) {
    const chunk = partialRow.length > 0 ? Buffer.concat([partialRow, piece]) : piece;
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
    partialRow = Buffer.from(chunk.subarray(end));
    offset += end;
  }
  return found;
}

/** Creates a function from a row's offset in the rows file to its partition. The offsets passed to it must ascend. */
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
