import { gunzipSync, gzipSync } from 'node:zlib';
import { isRecord } from '../json.ts';
import type { ETag } from '../lake/lake.ts';
import type { Partition } from '../partition.ts';
import type { Title } from './title.ts';

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

/** Every partition of the index: the years in their order, the initials of a year in none. */
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

/** Reads a map from the lake; `undefined` for anything that is none: the index is then built anew. */
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
