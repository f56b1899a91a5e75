import { dayOfIndexMapKey, IMDB_PREFIX } from '../lake/keys.ts';
import { formatNumberOf } from '../text.ts';
import { type IndexName, type IndexReadDeps, readPartitionIndex } from './partition-index.ts';
import { SnapshotError } from './snapshot-error.ts';

/** IMDb's list grows by a few rows a day. A list with less than this share of the previous one is incomplete. */
const SMALLEST_SHARE = 0.5;

/**
 * Compares a list with the most recent earlier one in the lake that was indexed for the same title types. It reads only the
 * map of that index.
 * @param titles the number of titles of these types in the list.
 * @throws {SnapshotError} when the list has less than half as many titles.
 */
export async function checkSizeOfList(
  deps: IndexReadDeps,
  { day, titleTypes }: IndexName,
  titles: number,
): Promise<void> {
  for (const earlier of await findEarlierDays(deps, { day, titleTypes })) {
    const index = await readPartitionIndex(deps, { day: earlier, titleTypes });
    if (index === undefined) continue; // Invalid.
    const before = index.rowCounts.wanted;
    if (titles >= before * SMALLEST_SHARE) return;
    const types = `${titleTypes.length === 1 ? 'type' : 'types'} ${titleTypes.join(', ')}`;
    throw new SnapshotError(
      `has ${formatNumberOf(titles, 'title')} of the ${types} on ${day}, less than half of the ${before} on ${earlier}`,
      { fault: 'shrunken', advice: 'try again later, or set IMDB_ACCEPT_SHRUNKEN_LIST=yes to accept it' },
    );
  }
}

/** Finds the days before `day` with an index for these title types, latest first. */
async function findEarlierDays(
  { lake, signal }: IndexReadDeps,
  { day, titleTypes }: IndexName,
): Promise<string[]> {
  const days: string[] = [];
  for await (const { key } of lake.list(IMDB_PREFIX, { signal })) {
    const earlier = dayOfIndexMapKey(key, titleTypes);
    if (earlier !== undefined && earlier < day) days.push(earlier);
  }
  return days.sort().reverse();
}
