import { isDeepStrictEqual } from 'node:util';
import { UserError } from '../../src/errors.ts';
import { MOVIE_PREFIX, partitionFolder, REVIEW_PREFIX } from '../../src/lake/keys.ts';
import type { Lake } from '../../src/lake/lake.ts';
import { type Partition, partitionName } from '../../src/partition.ts';

/** The fields that TMDB may change between two downloads. */
const VOLATILE_FIELDS = ['popularity', 'vote_average', 'vote_count'];

/**
 * Compares a partition's movies and reviews in two lakes.
 * @returns the number of documents.
 * @throws {UserError} when a document is missing in one lake or differs, or when both lakes are empty.
 */
export async function compareDocuments(one: Lake, other: Lake, partition: Partition): Promise<number> {
  const folder = `${partitionFolder(partition)}/`;
  const [documents, others] = await Promise.all([readAll(one, folder), readAll(other, folder)]);
  const keys = new Set([...documents.keys(), ...others.keys()]);
  const different = [...keys].filter((key) => !isDeepStrictEqual(documents.get(key), others.get(key)));
  if (different.length > 0) {
    throw new UserError(`${one.url} and ${other.url} differ in ${different.sort().join(', ')}.`);
  }
  if (keys.size === 0)
    throw new UserError(`The partition ${partitionName(partition)} has no movies: choose another.`);
  return keys.size;
}

async function readAll(lake: Lake, folder: string): Promise<Map<string, unknown>> {
  const documents = new Map<string, unknown>();
  for (const prefix of [MOVIE_PREFIX, REVIEW_PREFIX]) {
    for await (const { key } of lake.list(prefix + folder)) {
      const document: Record<string, unknown> = JSON.parse((await lake.read(key))?.body.toString() ?? '{}');
      for (const field of VOLATILE_FIELDS) delete document[field];
      documents.set(key, document);
    }
  }
  return documents;
}
