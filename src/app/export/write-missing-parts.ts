import { isDeepStrictEqual } from 'node:util';
import { JSON_TYPE, manifestKey } from '../../lake/keys.ts';
import type { ETag, Lake } from '../../lake/lake.ts';
import { encodePart, writeBothParts } from '../../tables/part.ts';
import type { PartitionContent } from './read-partition.ts';

/**
 * Writes the parts of a partition that was read document by document, then the manifest that records them.
 * @returns the version of the manifest; `undefined` if another process has changed it. The parts may then be others than
 *   those that the manifest records, so the partition must be read again.
 * @throws any error of the lake.
 */
export async function writeMissingParts(
  { lake }: { readonly lake: Lake },
  { partition, movies, reviews }: PartitionContent,
  { manifest, etag }: NonNullable<PartitionContent['lacksParts']>,
): Promise<ETag | undefined> {
  const encoded = { movies: await encodePart(movies), reviews: await encodePart(reviews) };
  const parts = await writeBothParts({ lake }, partition, encoded);
  if (isDeepStrictEqual(manifest.parts, parts)) return etag;
  const text = `${JSON.stringify({ ...manifest, parts })}\n`;
  return lake.compareAndSwap(manifestKey(partition), text, JSON_TYPE, etag);
}
