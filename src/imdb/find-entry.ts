import type { Lake, LakeEntry, LakeOptions } from '../lake/lake.ts';

/** What a listing says of one object, or `undefined` when there is none. */
export async function findEntry(
  lake: Lake,
  key: string,
  options: LakeOptions,
): Promise<LakeEntry | undefined> {
  for await (const entry of lake.list(key, options)) if (entry.key === key) return entry;
  return undefined;
}
