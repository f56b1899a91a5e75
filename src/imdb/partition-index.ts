import { gunzipSync, gzipSync } from 'node:zlib';
import { UserError } from '../errors.ts';
import { isRecord } from '../json.ts';
import { indexMapKey } from '../lake/keys.ts';
import { type ETag, findEntry, type Lake, type LakeOptions } from '../lake/lake.ts';
import type { LakeSource } from '../lake/source.ts';
import { type Partition, partitionName } from '../partition.ts';
import type { BadRow } from './title-scanner.ts';

/** Identifies an index: one snapshot and one set of title types. */
export interface IndexName {
  /** The snapshot's UTC day: `2026-11-22`. */
  readonly day: string;
  /** The wanted `titleType`s of IMDb: `['movie']`. */
  readonly titleTypes: readonly string[];
}

/** The location of a partition's rows: `offset` and `length` in bytes in the rows file, and the number of titles. */
export type PartitionRange = readonly [offset: number, length: number, count: number];

/** The partition index of one snapshot and one set of title types. The lake stores this map as gzipped JSON. */
export interface PartitionIndex {
  /** The snapshot's UTC day: `2026-11-22`. */
  readonly snapshot: string;
  readonly titleTypes: readonly string[];
  /** The file with the rows. Its name contains the hash of its content. */
  readonly rows: { readonly key: string; readonly etag: ETag; readonly sizeBytes: number };
  /** By year, then by initial. */
  readonly partitions: Readonly<Record<string, Readonly<Record<string, PartitionRange>>>>;
  /** Titles of a wanted type without a start year. Their rows are the last in the file; the first 100 are listed here. */
  readonly withoutYear: {
    readonly offset: number;
    readonly length: number;
    readonly count: number;
    readonly titles: readonly Title[];
  };
  readonly rowCounts: { readonly rows: number; readonly wanted: number; readonly bad: number };
  /** The first invalid row, as an example; absent if there is none, and in indexes of earlier versions. */
  readonly firstBadRow?: BadRow;
  /** The hash of each partition's IDs (see `hashIds`), by year, then by initial; indexes of earlier versions have none. */
  readonly idHashes?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** Where the snapshot comes from; indexes of earlier versions do not record it. */
  readonly source?: Pick<LakeSource, 'imdb'>;
}

/** A partition of the index and its number of titles. */
export interface IndexedPartition extends Partition {
  readonly titles: number;
  /** The hash of its IDs, if the index has it. */
  readonly idHash?: string;
}

/** Lists all partitions of the index, by ascending year; the initials of a year are in no particular order. */
export function listPartitions(index: Pick<PartitionIndex, 'partitions' | 'idHashes'>): IndexedPartition[] {
  return Object.entries(index.partitions).flatMap(([year, initials]) =>
    Object.entries(initials).map(([initial, [, , titles]]) => {
      const idHash = index.idHashes?.[year]?.[initial];
      return { year: Number(year), initial, titles, ...(idHash !== undefined && { idHash }) };
    }),
  );
}

/** Returns the location of a partition's rows; `undefined` if the index has no titles in it. */
export function findPartition(
  index: Pick<PartitionIndex, 'partitions'>,
  { year, initial }: Partition,
): PartitionRange | undefined {
  const initials = Object.hasOwn(index.partitions, year) ? index.partitions[year] : undefined;
  return initials && Object.hasOwn(initials, initial) ? initials[initial] : undefined;
}

/** @throws {UserError} when the index has no titles in this partition. */
export function requirePartition(index: PartitionIndex, partition: Partition): void {
  if (findPartition(index, partition)) return;
  throw new UserError(
    `IMDb's list of ${index.snapshot} has no ${index.titleTypes.join(' or ')} in partition ${partitionName(partition)}: nothing to download.`,
  );
}

/** Serializes the map of an index to gzipped JSON. */
export function writePartitionMap(index: PartitionIndex): Buffer {
  return gzipSync(JSON.stringify(index), { level: 9 });
}

/** Parses the map of an index. @returns `undefined` for an invalid map, so that the index is built again. */
export function parsePartitionMap(body: Buffer): PartitionIndex | undefined {
  let value: unknown;
  try {
    value = JSON.parse(gunzipSync(body).toString('utf8'));
  } catch {
    return undefined;
  }
  return isPartitionIndex(value) ? value : undefined;
}

function isPartitionIndex(value: unknown): value is PartitionIndex {
  if (!isRecord(value) || !isRecord(value.rows) || !isRecord(value.partitions)) return false;
  const { rows, withoutYear, rowCounts, firstBadRow, titleTypes, idHashes } = value;
  return (
    (idHashes === undefined || (isRecord(idHashes) && Object.values(idHashes).every(isRecord))) &&
    typeof value.snapshot === 'string' &&
    Array.isArray(titleTypes) &&
    typeof rows.key === 'string' &&
    typeof rows.etag === 'string' &&
    typeof rows.sizeBytes === 'number' &&
    isRecord(withoutYear) &&
    Array.isArray(withoutYear.titles) &&
    isRecord(rowCounts) &&
    (firstBadRow === undefined || isRecord(firstBadRow)) &&
    Object.values(value.partitions).every(
      (initials) => isRecord(initials) && Object.values(initials).every(isPartitionRange),
    )
  );
}

function isPartitionRange(value: unknown): value is PartitionRange {
  return (
    Array.isArray(value) && value.length === 3 && value.every((part) => Number.isInteger(part) && part >= 0)
  );
}

/** A title in the index. */
export interface Title {
  /** IMDb's `tconst`. */
  readonly imdbId: string;
  /** IMDb's `primaryTitle`; empty if the list has `\N`. */
  readonly title: string;
}

/** Parses rows of the index: `tconst`, tab, title, line feed. */
export function parseTitles(rows: Buffer): Title[] {
  return rows
    .toString('utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const tab = line.indexOf('\t');
      return { imdbId: line.slice(0, tab), title: line.slice(tab + 1) };
    });
}

/** The rows of an index are missing or damaged. */
export class DamagedIndexError extends UserError {
  /** @param what what the titles are those of. */
  constructor(lake: Pick<Lake, 'url'>, { rows, snapshot, titleTypes }: PartitionIndex, what: string) {
    super(
      `Cannot read the titles of ${what}, because ${lake.url}/${rows.key} is missing or damaged: delete ${indexMapKey(snapshot, titleTypes)} to rebuild the index.`,
    );
  }
}

/** The dependencies for reading an index. */
export interface IndexReadDeps extends LakeOptions {
  readonly lake: Lake;
}

/**
 * Reads the map of an index, one small object in the lake.
 * @returns `undefined` if there is none or it is invalid. It is derived data that can be built again.
 */
export async function readPartitionIndex(
  { lake, signal }: IndexReadDeps,
  { day, titleTypes }: IndexName,
): Promise<PartitionIndex | undefined> {
  const map = await lake.read(indexMapKey(day, titleTypes), { signal });
  return map && parsePartitionMap(map.body);
}

/**
 * Reads the titles of one partition with one range request, from the version of the rows file to which the map refers.
 * @returns the titles, sorted by ID; an empty list for a partition that is not in the index.
 * @throws {DamagedIndexError}
 */
export async function readPartition(
  deps: IndexReadDeps,
  index: PartitionIndex,
  partition: Partition,
): Promise<Title[]> {
  const titles = await readRows(deps, index, partition);
  if (titles !== undefined) return titles;
  // Another process may have rebuilt the index since the map was read.
  const name = { day: index.snapshot, titleTypes: index.titleTypes };
  const newer = (await readPartitionIndex(deps, name)) ?? index;
  const again = await readRows(deps, newer, partition);
  if (again !== undefined) return again;
  const copy = await findRows(deps, newer);
  const copied = copy && (await readRows(deps, copy, partition));
  if (copied) return copied;
  throw new DamagedIndexError(deps.lake, newer, `partition ${partitionName(partition)}`);
}

/**
 * Finds the rows of an index in the lake, so that reading its partitions needs no further search: if the lake was copied, the
 * rows are the same, because the key contains their hash, but their version differs.
 * @returns the index with the version of its rows; `undefined` if they are missing or have another size.
 */
export async function findRows(
  { lake, signal }: IndexReadDeps,
  index: PartitionIndex,
): Promise<PartitionIndex | undefined> {
  const { key, sizeBytes } = index.rows;
  const entry = await findEntry(lake, key, { signal });
  return entry?.sizeBytes === sizeBytes
    ? { ...index, rows: { key, sizeBytes, etag: entry.etag } }
    : undefined;
}

async function readRows(
  { lake, signal }: IndexReadDeps,
  index: PartitionIndex,
  partition: Partition,
): Promise<Title[] | undefined> {
  const range = findPartition(index, partition);
  if (range === undefined) return [];
  const [offset, length] = range;
  const rows = await lake.readRange(index.rows.key, { offset, length, ifMatch: index.rows.etag }, { signal });
  return rows && parseTitles(rows);
}
