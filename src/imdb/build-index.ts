import { createHash } from 'node:crypto';
import { UserError } from '../errors.ts';
import { GZIP_TYPE, indexMapKey, indexRowsKey } from '../lake/keys.ts';
import { type ETag, findEntry, type Lake, type LakeEntry, type LakeOptions } from '../lake/lake.ts';
import { claimSource, type LakeSource, requireSource } from '../lake/source.ts';
import { hashIdsOfRows } from './id-hash.ts';
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
import { checkSizeOfList } from './shrunken-list.ts';
import { SnapshotError } from './snapshot-error.ts';
import { type BadRow, type TitleRowCounts, TitleScanner } from './title-scanner.ts';
import { type SortedTitles, type TitleGroup, TitleTable } from './title-table.ts';

/** The titles of a snapshot, sorted for its index, and its row counts. */
interface CollectedTitles extends SortedTitles {
  readonly rowCounts: TitleRowCounts;
  readonly firstBadRow?: BadRow | undefined;
}

/** The number of titles without a year that the map lists by name. */
const LISTED_WITHOUT_YEAR = 100;
const ROWS_TYPE = 'text/tab-separated-values; charset=utf-8';

/**
 * Reads a snapshot in one pass, as a stream, and collects the titles of the wanted types, sorted by partition and ID.
 * @param source the gzipped bytes of the snapshot.
 * @param titleTypes IMDb's `titleType`s to collect, such as `['movie']`.
 * @param onRows called with the number of rows read so far, about once per megabyte.
 * @throws {SnapshotError} when the snapshot is not a gzip file, is corrupt, truncated or empty, lacks a column, or has
 *   invalid rows but no valid row of the wanted types.
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
    const first = scanner.firstBad && ` (line ${scanner.firstBad.line} ${scanner.firstBad.problem})`;
    throw new SnapshotError(
      `has no valid row of the wanted title types, and ${bad} of its ${rows} rows are invalid${first ?? ''}`,
    );
  }
  const sorted = table.sort();
  const rowCounts = { rows, wanted: wanted - sorted.duplicates, bad };
  return { ...sorted, rowCounts, firstBadRow: scanner.firstBad };
}

interface IndexWriteDeps extends LakeOptions {
  readonly lake: Lake;
  /** Recorded in the index. */
  readonly source?: LakeSource | undefined;
}

/**
 * Writes an index to the lake: first the rows file, then the map that refers to it, so that readers find either a complete
 * index or none. Concurrent writers are safe, because the name of the rows file contains the hash of its content.
 */
export async function writePartitionIndex(
  { lake, signal, source }: IndexWriteDeps,
  { bytes, groups, rowCounts, firstBadRow }: CollectedTitles,
  { day, titleTypes }: IndexName,
): Promise<PartitionIndex> {
  const key = indexRowsKey(day, titleTypes, createHash('sha256').update(bytes).digest('hex').slice(0, 32));
  const etag = await writeIfAbsent(lake, key, bytes, { signal });
  const partitions: Record<string, Record<string, PartitionRange>> = {};
  const idHashes: Record<string, Record<string, string>> = {};
  for (const { partition, offset, length, count } of groups) {
    if (partition === undefined) continue;
    const initials = partitions[partition.year] ?? {};
    initials[partition.initial] = [offset, length, count];
    partitions[partition.year] = initials;
    const hashes = idHashes[partition.year] ?? {};
    hashes[partition.initial] = hashIdsOfRows(bytes.subarray(offset, offset + length));
    idHashes[partition.year] = hashes;
  }
  const index: PartitionIndex = {
    snapshot: day,
    titleTypes: [...titleTypes].sort(),
    rows: { key, etag, sizeBytes: bytes.length },
    partitions,
    withoutYear: describeWithoutYear(bytes, groups.at(-1)),
    rowCounts,
    idHashes,
    ...(firstBadRow && { firstBadRow }),
    ...(source && { source: { imdb: source.imdb } }),
  };
  await lake.write(indexMapKey(day, titleTypes), writePartitionMap(index), GZIP_TYPE, { signal });
  return index;
}

function describeWithoutYear(bytes: Buffer, last: TitleGroup | undefined): PartitionIndex['withoutYear'] {
  if (last === undefined || last.partition !== undefined) {
    return { offset: bytes.length, length: 0, count: 0, titles: [] };
  }
  const { offset, length, count } = last;
  let end = offset;
  for (let listed = 0; listed < Math.min(count, LISTED_WITHOUT_YEAR); listed++)
    end = bytes.indexOf(0x0a, end) + 1;
  return { offset, length, count, titles: parseTitles(bytes.subarray(offset, end)) };
}

/**
 * Writes the rows file unless the lake already has it, because another map may refer to the existing version.
 * @returns the version in the lake.
 * @throws {UserError} when other writers keep changing the file.
 */
async function writeIfAbsent(lake: Lake, key: string, bytes: Buffer, options: LakeOptions): Promise<ETag> {
  let existing: LakeEntry | undefined;
  for (let tries = 0; tries < 5; tries++) {
    const written = await lake.compareAndSwap(key, bytes, ROWS_TYPE, existing?.etag ?? null, options);
    if (written !== undefined) return written;
    existing = await findEntry(lake, key, options);
    if (existing?.sizeBytes === bytes.length) return existing.etag;
  }
  throw new UserError(
    `${lake.url}/${key} keeps changing: stop the process that overwrites it, and run the command again.`,
  );
}

/** The progress of building an index. */
export interface IndexProgress extends SnapshotSource {
  /** The number of gzipped bytes read so far. */
  readonly bytes: number;
  /** The number of rows read so far. */
  readonly rows: number;
}

/** Which index, and a callback for the progress of building it. */
interface EnsureIndexOptions extends IndexName {
  /** Accept a list with less than half of the titles of the previous one. */
  readonly acceptShrunken?: boolean;
  /** Called about once per megabyte read. If the download is retried, the counts start at 0 again. */
  readonly onProgress?: ((progress: IndexProgress) => void) | undefined;
}

/**
 * Returns the partition index of a snapshot. If the lake does not have it, builds it from the snapshot in the lake, or
 * from today's download, which is written to the lake in the same pass. So each lake downloads IMDb's list only once a day;
 * processes that start before the first has finished download it too and write the same files.
 * @param deps.source the source in the settings, which the lake's data must come from.
 * @throws {OtherSourceError} when the lake's data comes from another source.
 * @throws {SnapshotGoneError} for a day other than today whose snapshot is not in the lake.
 * @throws {SnapshotError} when the snapshot cannot be downloaded, is invalid, or has less than half of the titles of the
 *   most recent earlier one in the lake.
 */
export async function ensurePartitionIndex(
  deps: SnapshotDeps & Pick<IndexWriteDeps, 'source'>,
  { day, titleTypes, acceptShrunken = false, onProgress }: EnsureIndexOptions,
): Promise<PartitionIndex> {
  const name = { day, titleTypes };
  const existing = await readPartitionIndex(deps, name);
  if (existing !== undefined) {
    requireSource(deps.lake, existing.source, deps.source);
    return existing;
  }
  const titles = await readSnapshot(deps, day, async (source, from) => {
    let bytes = 0;
    async function* counted(): AsyncGenerator<Buffer> {
      for await (const chunk of source) {
        bytes += chunk.length;
        yield chunk;
      }
    }
    const collected = await collectTitles(counted(), titleTypes, (rows) =>
      onProgress?.({ ...from, bytes, rows }),
    );
    if (!acceptShrunken) await checkSizeOfList(deps, name, collected.rowCounts.wanted);
    // The list is valid. It is not in the lake yet, unless it was read from there.
    if (deps.source) await claimSource(deps, { imdb: deps.source.imdb }, { signal: deps.signal });
    return collected;
  });
  return await writePartitionIndex(deps, titles, name);
}
