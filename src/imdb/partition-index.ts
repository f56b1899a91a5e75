import { gunzipSync, gzipSync } from 'node:zlib';
import { UserError } from '../errors.ts';
import { isRecord } from '../json.ts';
import { indexMapKey } from '../lake/keys.ts';
import { type ETag, findEntry, type Lake, type LakeOptions } from '../lake/lake.ts';
import { type Partition, partitionName } from '../partition.ts';

/** Which index: of one snapshot, for one set of title types. */
export interface IndexName {
  /** The snapshot's UTC day: `2026-11-22`. */
  readonly day: string;
  /** IMDb's `titleType`s that are wanted: `['movie']`. */
  readonly titleTypes: readonly string[];
}

/** Where a partition's rows lie: `offset` and `length` in bytes of the rows file, and how many titles they are. */
export type PartitionRange = readonly [offset: number, length: number, count: number];

/** The map of one snapshot's partitions for one set of title types, as the lake keeps it (gzipped JSON). */
export interface PartitionIndex {
  /** The snapshot's UTC day: `2026-11-22`. */
  readonly snapshot: string;
  readonly titleTypes: readonly string[];
  /** The file with the rows; its name has the hash of its bytes. */
  readonly rows: { readonly key: string; readonly etag: ETag; readonly sizeBytes: number };
  /** By year, then by initial. */
  readonly partitions: Readonly<Record<string, Readonly<Record<string, PartitionRange>>>>;
  /** Titles of a wanted type without a start year: their rows end the file, the first 100 are named here. */
  readonly withoutYear: {
    readonly offset: number;
    readonly length: number;
    readonly count: number;
    readonly titles: readonly Title[];
  };
  readonly rowCounts: { readonly rows: number; readonly wanted: number; readonly bad: number };
}

/** A partition of the index and how many titles it has. */
export interface IndexedPartition extends Partition {
  readonly titles: number;
}

/** Every partition of the index: years ascending, the initials of a year in any order. */
export function listPartitions(index: Pick<PartitionIndex, 'partitions'>): IndexedPartition[] {
  return Object.entries(index.partitions).flatMap(([year, initials]) =>
    Object.entries(initials).map(([initial, [, , titles]]) => ({ year: Number(year), initial, titles })),
  );
}

/** Where a partition's rows lie, or `undefined` when the index has no title there. */
export function findPartition(
  index: PartitionIndex,
  { year, initial }: Partition,
): PartitionRange | undefined {
  const initials = Object.hasOwn(index.partitions, year) ? index.partitions[year] : undefined;
  return initials && Object.hasOwn(initials, initial) ? initials[initial] : undefined;
}

/** The map as the lake keeps it. */
export function writePartitionMap(index: PartitionIndex): Buffer {
  return gzipSync(JSON.stringify(index), { level: 9 });
}

/** Reads a map from the lake; `undefined` for anything else: the index is then built again. */
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
  const { rows, withoutYear, rowCounts, titleTypes } = value;
  return (
    typeof value.snapshot === 'string' &&
    Array.isArray(titleTypes) &&
    typeof rows.key === 'string' &&
    typeof rows.etag === 'string' &&
    typeof rows.sizeBytes === 'number' &&
    isRecord(withoutYear) &&
    Array.isArray(withoutYear.titles) &&
    isRecord(rowCounts) &&
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

/** A movie of a partition, as the index lists it. */
export interface Title {
  /** IMDb's `tconst`. */
  readonly imdbId: string;
  /** IMDb's `primaryTitle`; empty where the file has `\N`. */
  readonly title: string;
}

/** Reads the rows of the index: `tconst`, tab, title, line feed. */
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

/** What reading the index needs. */
export interface IndexReadDeps extends LakeOptions {
  readonly lake: Lake;
}

/**
 * Reads the map of an index: one small object.
 * @returns `undefined` when there is none, or one that cannot be read: it is derived data, and built again.
 */
export async function readPartitionIndex(
  { lake, signal }: IndexReadDeps,
  { day, titleTypes }: IndexName,
): Promise<PartitionIndex | undefined> {
  const map = await lake.read(indexMapKey(day, titleTypes), { signal });
  return map && parsePartitionMap(map.body);
}

/**
 * Reads the titles of one partition, sorted by id: one range of the very rows file that the map was made with.
 * @returns an empty list for a partition that the index does not have.
 * @throws {UserError} when the rows file is gone.
 */
export async function readPartition(
  deps: IndexReadDeps,
  index: PartitionIndex,
  partition: Partition,
): Promise<Title[]> {
  const titles = await readFrom(deps, index, partition);
  if (titles !== undefined) return titles;
  // Another process may have built the index again since the map was read.
  const name = { day: index.snapshot, titleTypes: index.titleTypes };
  const newer = (await readPartitionIndex(deps, name)) ?? index;
  const again = await readFrom(deps, newer, partition);
  if (again !== undefined) return again;
  // Or the lake was copied: the rows are the same, since their name has their hash, but they have another version.
  const { key, sizeBytes } = newer.rows;
  const copy = await findEntry(deps.lake, key, { signal: deps.signal });
  const copied =
    copy?.sizeBytes === sizeBytes &&
    (await readFrom(deps, { ...newer, rows: { ...newer.rows, etag: copy.etag } }, partition));
  if (copied) return copied;
  throw new UserError(
    `The titles of partition ${partitionName(partition)} cannot be read: ${deps.lake.url}/${key} is gone or damaged; delete ${indexMapKey(name.day, name.titleTypes)} there, and the next run builds the index anew.`,
  );
}

async function readFrom(
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
