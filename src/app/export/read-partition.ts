import type { Manifest } from '../../download/manifest.ts';
import { hasParts } from '../../download/manifest-parts.ts';
import { DamagedManifestError, parseManifest } from '../../download/parse-manifest.ts';
import { listPartDocuments, type PartDocuments, readPartLines } from '../../download/part-documents.ts';
import { manifestKey, type PartTable, partitionFolder } from '../../lake/keys.ts';
import type { ETag, Lake } from '../../lake/lake.ts';
import type { Partition } from '../../partition.ts';
import { readPart } from '../../tables/part.ts';
import { listDocuments, versionOf } from './survey.ts';
import { type ExportedTitle, sortDocuments, sortTitles, titlesOfMovies } from './unrecorded-documents.ts';

/** The lines of a partition's tables, sorted as in parts. */
interface PartitionLines {
  readonly movies: readonly string[];
  readonly reviews: readonly string[];
  /** The number of documents that were read one by one. */
  readonly documentsRead: number;
  /** The keys of documents that are missing or damaged, or of a damaged manifest. */
  readonly unreadable: readonly string[];
}

/** The content of one partition. */
export interface PartitionContent extends PartitionLines {
  readonly partition: Partition;
  /** The version of what was read, as a survey has it. */
  readonly version: string;
  /** Sorted by ID. */
  readonly titles: readonly ExportedTitle[];
  /** The manifest, if the partition is complete but has no valid parts, and all documents were read. */
  readonly lacksParts?: { readonly manifest: Manifest; readonly etag: ETag };
}

/**
 * Reads the content of a partition: from its parts; if they are missing or not those that the manifest records, from the
 * documents to which the manifest refers; without a valid manifest, from all documents.
 * @throws {NewerManifestError} for a manifest of a newer version, and any error of the lake.
 */
export async function readPartition(
  { lake }: { readonly lake: Lake },
  partition: Partition,
): Promise<PartitionContent> {
  const key = manifestKey(partition);
  const object = await lake.read(key);
  const manifest = object && parseIfValid(object.body.toString('utf8'), `${lake.url}/${key}`);
  if (object === undefined || manifest === undefined) {
    const content = await readUnrecorded({ lake }, partition);
    if (object === undefined) return content;
    return { ...content, version: object.etag, unreadable: [key, ...content.unreadable] };
  }
  const { etag } = object;
  const titles = Object.entries(manifest.titles);
  const recorded = {
    partition,
    version: etag,
    titles: sortTitles(titles.map(([imdbId, state]) => ({ imdbId, state }))),
  };
  const lines = await readParts({ lake }, partition, manifest);
  if (lines !== undefined) return { ...recorded, ...lines, documentsRead: 0, unreadable: [] };
  const state = { partition, titles, parts: manifest.parts };
  const read = await readLines({ lake }, await listPartDocuments({ lake }, state));
  const lacksParts = manifest.complete && read.unreadable.length === 0;
  return { ...recorded, ...read, ...(lacksParts && { lacksParts: { manifest, etag } }) };
}

function parseIfValid(text: string, where: string): Manifest | undefined {
  try {
    return parseManifest(text, where);
  } catch (error) {
    if (error instanceof DamagedManifestError) return undefined;
    throw error;
  }
}

async function readParts(
  { lake }: { readonly lake: Lake },
  partition: Partition,
  manifest: Manifest,
): Promise<Record<PartTable, readonly string[]> | undefined> {
  const { parts } = manifest;
  if (parts === undefined || !hasParts(manifest)) return undefined;
  const [movies, reviews] = await Promise.all([
    readPart({ lake }, 'movies', partition, parts.movies),
    readPart({ lake }, 'reviews', partition, parts.reviews),
  ]);
  return movies && reviews && { movies, reviews };
}

/** Reads a partition that has no valid manifest. */
async function readUnrecorded(
  { lake }: { readonly lake: Lake },
  partition: Partition,
): Promise<PartitionContent> {
  const entries = [];
  for await (const entry of listDocuments({ lake }, `${partitionFolder(partition)}/`)) entries.push(entry);
  const documents = sortDocuments(entries.map(({ key }) => key));
  const lines = await readLines({ lake }, documents);
  const titles = titlesOfMovies(lines.movies, documents);
  return { partition, version: versionOf(entries), titles, ...lines };
}

async function readLines(
  { lake }: { readonly lake: Lake },
  documents: PartDocuments,
): Promise<PartitionLines> {
  const lines: Record<PartTable, string[]> = { movies: [], reviews: [] };
  const unreadable: string[] = [];
  let documentsRead = 0;
  for (const table of ['movies', 'reviews'] as const) {
    for (const { line, reason } of documents[table])
      if (line === undefined && reason === undefined) documentsRead += 1;
    for await (const read of readPartLines({ lake }, documents[table])) {
      if ('key' in read) unreadable.push(read.key);
      else lines[table].push(read.line);
    }
  }
  return { ...lines, documentsRead, unreadable };
}
