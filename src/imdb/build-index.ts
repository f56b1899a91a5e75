import { createHash } from 'node:crypto';
import { UserError } from '../errors.ts';
import { indexMapKey, indexRowsKey } from '../lake/keys.ts';
import { type ETag, findEntry, type Lake, type LakeEntry, type LakeOptions } from '../lake/lake.ts';
import {
  type IndexName,
  type PartitionIndex,
  type PartitionRange,
  parseTitles,
  readPartitionIndex,
  writePartitionMap,
} from './partition-index.ts';
import { readGzip } from './read-gzip.ts';
import { readSnapshot, type SnapshotDeps, type SnapshotSource } from './read-snapshot.ts';
import { SnapshotError } from './snapshot-error.ts';
import { type TitleRowCounts, TitleScanner } from './title-scanner.ts';
import { type SortedTitles, type TitleGroup, TitleTable } from './title-table.ts';

/** The titles of a snapshot that go into its index. */
interface CollectedTitles extends SortedTitles {
  readonly rowCounts: TitleRowCounts;
}

/** How many titles without a year the map names. */
const NAMED_WITHOUT_YEAR = 100;
const ROWS_TYPE = 'text/tab-separated-values; charset=utf-8';

/**
 * Reads a snapshot once, streaming, and keeps the wanted titles, sorted by partition and id.
 * @throws {SnapshotError} when it is not a gzip file, or is damaged, truncated or empty, lacks a column, or has broken rows and
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
 * or none. Concurrent writers are harmless: equal rows have the same name.
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
 * Writes the rows unless the lake has them: another map may refer to their version already.
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

/** How far the building of an index is. */
export interface IndexProgress extends SnapshotSource {
  /** Gzipped bytes read so far. */
  readonly bytes: number;
  /** Rows read so far. */
  readonly rows: number;
}

/** Which index, and a callback for the progress when it has to be built. */
interface EnsureIndexOptions extends IndexName {
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
