import { createHash } from 'node:crypto';
import { UserError } from '../errors.ts';
import type { ETag, Lake, LakeEntry, LakeOptions } from '../lake/lake.ts';
import { findEntry } from './find-entry.ts';
import { indexMapKey, indexRowsKey } from './keys.ts';
import { type PartitionIndex, type PartitionRange, writePartitionMap } from './partition-map.ts';
import { readGzip } from './read-gzip.ts';
import { SnapshotError } from './snapshot-error.ts';
import { parseTitles } from './title.ts';
import { type TitleRowCounts, TitleScanner } from './title-scanner.ts';
import { type SortedTitles, type TitleGroup, TitleTable } from './title-table.ts';

/** Which index: of one snapshot, for one set of title types. */
export interface IndexName {
  /** The snapshot's UTC day: `2026-11-22`. */
  readonly day: string;
  /** IMDb's `titleType`s that are wanted: `['movie']`. */
  readonly titleTypes: readonly string[];
}

/** What of a snapshot goes into its index. */
export interface CollectedTitles extends SortedTitles {
  readonly rowCounts: TitleRowCounts;
}

/** How many titles without a year the map names. */
const NAMED_WITHOUT_YEAR = 100;
const ROWS_TYPE = 'text/tab-separated-values; charset=utf-8';

/**
 * Reads a snapshot once, streaming, and keeps the wanted titles, sorted by partition and id.
 * @throws {SnapshotError} when it is no gzip file, damaged, cut off, empty, lacks a column, or has broken rows and
 *   none of the wanted titles.
 */
export async function collectTitles(
  source: AsyncIterable<Uint8Array>,
  titleTypes: readonly string[],
  onRows?: (rows: number) => void,
): Promise<CollectedTitles> {
  const table = new TitleTable();
  const scanner = new TitleScanner(titleTypes, (bytes, row) => table.add(bytes, row));
  await readGzip(source, (chunk) => {
    scanner.push(chunk);
    onRows?.(scanner.counts.rows);
  });
  scanner.end();
  const { rows, wanted, bad } = scanner.counts;
  if (wanted === 0 && bad > 0) {
    throw new SnapshotError(
      `has no sound row of the wanted types, and ${bad} of its ${rows} rows are broken`,
    );
  }
  const sorted = table.sort();
  return { ...sorted, rowCounts: { rows, wanted: wanted - sorted.duplicates, bad } };
}

/**
 * Writes an index into the lake: the rows file first, the map that names it last, so that a reader finds a whole index
 * or none. Two writers at once do no harm: equal rows have one name.
 */
export async function writePartitionIndex(
  { lake, signal }: { readonly lake: Lake; readonly signal?: AbortSignal | undefined },
  { bytes, groups, rowCounts }: CollectedTitles,
  { day, titleTypes }: IndexName,
): Promise<PartitionIndex> {
  const key = indexRowsKey(day, titleTypes, createHash('sha256').update(bytes).digest('hex').slice(0, 32));
  const etag = await writeOnce(lake, key, bytes, { signal });
  const partitions: Record<string, Record<string, PartitionRange>> = {};
  for (const { partition, offset, length, count } of groups) {
    if (partition === undefined) continue;
    const initials = partitions[partition.year] ?? {};
    initials[partition.initial] = [offset, length, count];
    partitions[partition.year] = initials;
  }
  const index: PartitionIndex = {
    snapshot: day,
    titleTypes: [...titleTypes].sort(),
    rows: { key, etag, sizeBytes: bytes.length },
    partitions,
    withoutYear: describeWithoutYear(bytes, groups.at(-1)),
    rowCounts,
  };
  await lake.write(indexMapKey(day, titleTypes), writePartitionMap(index), 'application/gzip', { signal });
  return index;
}

function describeWithoutYear(bytes: Buffer, last: TitleGroup | undefined): PartitionIndex['withoutYear'] {
  if (last === undefined || last.partition !== undefined) {
    return { offset: bytes.length, length: 0, count: 0, titles: [] };
  }
  const { offset, length, count } = last;
  let end = offset;
  for (let named = 0; named < Math.min(count, NAMED_WITHOUT_YEAR); named++)
    end = bytes.indexOf(0x0a, end) + 1;
  return { offset, length, count, titles: parseTitles(bytes.subarray(offset, end)) };
}

/**
 * Writes rows that are not there yet, and leaves those that are: another map may rest on their version already.
 * @returns the version that is in the lake.
 */
async function writeOnce(lake: Lake, key: string, bytes: Buffer, options: LakeOptions): Promise<ETag> {
  let present: LakeEntry | undefined;
  for (let tries = 0; tries < 5; tries++) {
    const written = await lake.compareAndSwap(key, bytes, ROWS_TYPE, present?.etag ?? null, options);
    if (written !== undefined) return written;
    present = await findEntry(lake, key, options);
    if (present?.sizeBytes === bytes.length) return present.etag;
  }
  throw new UserError(`${lake.url}/${key} keeps changing: find out what writes it, and run again.`);
}
