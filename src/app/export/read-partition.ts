import type { Manifest } from '../../download/manifest.ts';
import { hasParts } from '../../download/manifest-parts.ts';
import { DamagedManifestError, parseManifest } from '../../download/parse-manifest.ts';
import {
  isRead,
  listPartDocuments,
  type PartDocuments,
  type ReadDocument,
  readPartLines,
} from '../../download/part-documents.ts';
import { manifestKey, type PartTable, parseDocumentKey } from '../../lake/keys.ts';
import type { ETag, Lake, LakeEntry, LakeObject } from '../../lake/lake.ts';
import type { Partition } from '../../partition.ts';
import { PART_TABLES, readPart } from '../../tables/part.ts';
import type { KeptManifests } from './kept-manifests.ts';
import { listPartition, versionOf } from './survey.ts';
import {
  type ExportedTitle,
  findUnnamed,
  isSuperseded,
  sortDocuments,
  sortTitles,
  titlesOfMovies,
} from './unrecorded-documents.ts';

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
  /** Set if its manifest is incomplete, so that the version depends on all documents, too. */
  readonly isIncomplete?: boolean;
  /** The manifest, if the partition is complete but has no valid parts, and all documents were read. */
  readonly lacksParts?: { readonly manifest: Manifest; readonly etag: ETag };
}

/**
 * Reads the content of a partition: from its parts; if they are missing or not those that the manifest records, from the
 * documents to which the manifest refers; without a valid manifest, from all documents. An incomplete manifest may not know
 * all movies yet, as in a lake of the earlier Python tool: those that its titles do not explain are read, too.
 * @throws {NewerManifestError} for a manifest of a newer version, and any error of the lake.
 */
export async function readPartition(
  { lake, manifests }: { readonly lake: Lake; readonly manifests: KeptManifests },
  partition: Partition,
): Promise<PartitionContent> {
  const key = manifestKey(partition);
  const where = `${lake.url}/${key}`;
  const kept = manifests.take(key);
  const fromKept = kept && (await readFromParts({ lake }, partition, parse(kept, where), kept.etag));
  if (fromKept !== undefined) return fromKept;

  const object = await lake.read(key);
  const manifest = object && parseIfValid(object, where);
  if (object === undefined || manifest === undefined) {
    const entries = await listPartition({ lake }, partition);
    const { titles, ...lines } = await readUnrecorded({ lake }, keysOf(entries), { titles: {} });
    const content = { partition, version: versionOf(entries), titles, ...joinLines([lines]) };
    if (object === undefined) return content;
    return { ...content, version: object.etag, unreadable: [key, ...content.unreadable] };
  }
  const { etag } = object;
  const fromParts = await readFromParts({ lake }, partition, manifest, etag);
  if (fromParts !== undefined) return fromParts;
  const states = statesOf(manifest);
  const state = { partition, titles: Object.entries(manifest.titles), parts: manifest.parts };
  const named = await readDocuments({ lake }, await listPartDocuments({ lake }, state));
  if (manifest.complete) {
    const read = { partition, version: etag, titles: sortTitles(states), ...joinLines([named]) };
    return { ...read, ...(read.unreadable.length === 0 && { lacksParts: { manifest, etag } }) };
  }
  const entries = await listPartition({ lake }, partition);
  const unnamed = await readUnrecorded({ lake }, findUnnamed(keysOf(entries), manifest), manifest);
  return {
    partition,
    version: versionOf([{ key, etag }, ...entries]),
    titles: sortTitles([...states, ...unnamed.titles]),
    ...joinLines([named, unnamed]),
    isIncomplete: true,
  };
}

function statesOf({ titles }: Manifest): ExportedTitle[] {
  return Object.entries(titles).map(([imdbId, state]) => ({ imdbId, state }));
}

function keysOf(entries: readonly LakeEntry[]): string[] {
  return entries.map(({ key }) => key);
}

function parse({ body }: LakeObject, where: string): Manifest {
  return parseManifest(body.toString('utf8'), where);
}

function parseIfValid(object: LakeObject, where: string): Manifest | undefined {
  try {
    return parse(object, where);
  } catch (error) {
    if (error instanceof DamagedManifestError) return undefined;
    throw error;
  }
}

/** @returns `undefined` if the manifest records no valid parts, or the lake has others. */
async function readFromParts(
  { lake }: { readonly lake: Lake },
  partition: Partition,
  manifest: Manifest,
  version: ETag,
): Promise<PartitionContent | undefined> {
  const { parts } = manifest;
  if (parts === undefined || !hasParts(manifest)) return undefined;
  const [movies, reviews] = await Promise.all([
    readPart({ lake }, 'movies', partition, parts.movies),
    // Most partitions have no review.
    parts.reviews.rows === 0 ? [] : readPart({ lake }, 'reviews', partition, parts.reviews),
  ]);
  if (movies === undefined || reviews === undefined) return undefined;
  const titles = sortTitles(statesOf(manifest));
  return { partition, version, titles, movies, reviews, documentsRead: 0, unreadable: [] };
}

/** Reads documents that no title of a manifest names: all of a partition that has no valid manifest. */
async function readUnrecorded(
  { lake }: { readonly lake: Lake },
  keys: readonly string[],
  manifest: Pick<Manifest, 'titles'>,
): Promise<DocumentLines & { readonly titles: readonly ExportedTitle[] }> {
  const documents = sortDocuments(keys);
  const read = await readDocuments({ lake }, documents);
  const superseded = new Set<number | undefined>();
  for (const { key, line } of read.movies) if (isSuperseded(line, manifest)) superseded.add(movieOf(key));
  const isCurrent = (key: string) => !superseded.has(movieOf(key));
  const movies = read.movies.filter(({ key }) => isCurrent(key));
  const titles = titlesOfMovies(
    movies.map(({ line }) => line),
    documents,
  );
  return {
    movies,
    reviews: read.reviews.filter(({ key }) => isCurrent(key)),
    documentsRead: read.documentsRead,
    unreadable: read.unreadable.filter(isCurrent),
    titles: titles.filter(({ imdbId }) => !Object.hasOwn(manifest.titles, imdbId)),
  };
}

/** As {@link PartitionLines}, with the documents of the lines. */
interface DocumentLines extends Omit<PartitionLines, PartTable> {
  readonly movies: readonly ReadDocument[];
  readonly reviews: readonly ReadDocument[];
}

async function readDocuments(
  { lake }: { readonly lake: Lake },
  documents: PartDocuments,
): Promise<DocumentLines> {
  const lines: Record<PartTable, ReadDocument[]> = { movies: [], reviews: [] };
  const unreadable: string[] = [];
  let documentsRead = 0;
  for (const table of PART_TABLES) {
    for (const { line, reason } of documents[table])
      if (line === undefined && reason === undefined) documentsRead += 1;
    for await (const document of readPartLines({ lake }, documents[table])) {
      if (isRead(document)) lines[table].push(document);
      else unreadable.push(document.key);
    }
  }
  return { ...lines, documentsRead, unreadable };
}

/** Joins lines in the order of a part, which each of `all` has. */
function joinLines(all: readonly DocumentLines[]): PartitionLines {
  const join = (table: PartTable) => {
    const documents = all.flatMap((lines) => lines[table]);
    const sorted = all.length === 1 ? documents : documents.sort(byMovie);
    return sorted.map(({ line }) => line);
  };
  return {
    movies: join('movies'),
    reviews: join('reviews'),
    documentsRead: all.reduce((sum, lines) => sum + lines.documentsRead, 0),
    unreadable: all.flatMap((lines) => lines.unreadable),
  };
}

function byMovie(a: ReadDocument, b: ReadDocument): number {
  return (movieOf(a.key) ?? 0) - (movieOf(b.key) ?? 0) || (a.id < b.id ? -1 : 1);
}

function movieOf(key: string): number | undefined {
  return parseDocumentKey(key)?.tmdbId;
}
