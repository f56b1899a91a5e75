import type { PartTable } from '../lake/keys.ts';
import type { Lake, LakeOptions } from '../lake/lake.ts';
import { encodePart, readBothParts, writeBothParts } from '../tables/part.ts';
import type { KeptTexts } from './kept-texts.ts';
import type { Manifest } from './manifest.ts';
import type { Parts } from './manifest-parts.ts';
import {
  isRead,
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
  return parts !== undefined && (await readBothParts({ lake }, partition, parts, options)) !== undefined;
}

/** The parts that were written, or the unreadable documents that prevented it. */
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
  return { parts: await writeBothParts({ lake }, partition, { movies, reviews }, options) };

  async function* lines(table: PartTable): AsyncGenerator<string> {
    for await (const result of readPartLines({ lake, texts }, documents[table], options)) {
      if (isRead(result)) yield result.line;
      else unreadable.push(result);
    }
  }
}
