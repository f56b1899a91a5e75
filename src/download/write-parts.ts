import type { PartTable } from '../lake/keys.ts';
import type { Lake, LakeOptions } from '../lake/lake.ts';
import { encodePart, readPart, writePart } from '../tables/part.ts';
import type { KeptTexts } from './kept-texts.ts';
import type { Manifest } from './manifest.ts';
import type { Parts } from './manifest-parts.ts';
import {
  listPartDocuments,
  type PartitionState,
  readPartLines,
  type UnreadableDocument,
} from './part-documents.ts';

/** Whether the lake has the parts that a manifest records. */
export async function partsAreInLake(
  { lake }: { readonly lake: Lake },
  { partition, parts }: Pick<Manifest, 'partition' | 'parts'>,
  options: LakeOptions = {},
): Promise<boolean> {
  if (parts === undefined) return false;
  const both = await Promise.all(
    TABLES.map((table) => readPart({ lake }, table, partition, parts[table], options)),
  );
  return !both.includes(undefined);
}

const TABLES = ['movies', 'reviews'] as const;

/** The parts that were written, or the documents because of which none was. */
export type WrittenParts = { readonly parts: Parts } | { readonly unreadable: readonly UnreadableDocument[] };

/**
 * Writes the parts of a complete partition. Its manifest must record them afterwards: until then, readers do not accept them.
 * @param deps.texts of documents that the caller has written; they are not read.
 * @returns the parts without outdated titles. If a document cannot be read, no part is written.
 * @throws any error of the lake, and the signal's reason.
 */
export async function writeParts(
  { lake, texts }: { readonly lake: Lake; readonly texts?: KeptTexts | undefined },
  state: PartitionState,
  options: LakeOptions = {},
): Promise<WrittenParts> {
  const { partition } = state;
  const documents = await listPartDocuments({ lake }, state, options);
  const unreadable: UnreadableDocument[] = [];
  // One after the other, so that at most READS_AT_ONCE documents are read at the same time.
  const movies = await encodePart(lines('movies'), options);
  const reviews = await encodePart(lines('reviews'), options);
  if (unreadable.length > 0) return { unreadable };
  const [movieRecord, reviewRecord] = await Promise.all([
    writePart({ lake }, 'movies', partition, movies, options),
    writePart({ lake }, 'reviews', partition, reviews, options),
  ]);
  return { parts: { movies: movieRecord, reviews: reviewRecord } };

  async function* lines(table: PartTable): AsyncGenerator<string> {
    for await (const result of readPartLines({ lake, texts }, documents[table], options)) {
      if ('key' in result) unreadable.push(result);
      else yield result.line;
    }
  }
}
