import { UserError } from '../errors.ts';
import type { Lake, LakeOptions } from '../lake/lake.ts';
import { type Partition, partitionName } from '../partition.ts';
import { findEntry } from './find-entry.ts';
import { indexMapKey } from './keys.ts';
import type { IndexName } from './partition-index.ts';
import { findPartition, type PartitionIndex, parsePartitionMap } from './partition-map.ts';
import { parseTitles, type Title } from './title.ts';

/** What reading the index needs. */
export interface IndexReadDeps extends LakeOptions {
  readonly lake: Lake;
}

/**
 * Reads the map of an index: one small object.
 * @returns `undefined` when there is none, or one that cannot be read: it is derived data, and built anew.
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
  // Somebody may have built the index anew since the map was read.
  const name = { day: index.snapshot, titleTypes: index.titleTypes };
  const newer = (await readPartitionIndex(deps, name)) ?? index;
  const again = await readFrom(deps, newer, partition);
  if (again !== undefined) return again;
  // Or the lake was copied: the same rows, as their name with its hash says, have another version then.
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
