import { mapConcurrently } from '../concurrency.ts';
import { isRecord, parseJson } from '../json.ts';
import {
  movieKey,
  type PartTable,
  parseDocumentKey,
  partitionFolder,
  REVIEW_PREFIX,
  reviewKey,
  reviewPrefix,
} from '../lake/keys.ts';
import type { Lake, LakeEntry, LakeOptions } from '../lake/lake.ts';
import type { Partition } from '../partition.ts';
import { toLine } from '../tables/line.ts';
import { readPart } from '../tables/part.ts';
import type { KeptTexts } from './kept-texts.ts';
import type { TitleState } from './manifest.ts';
import type { Parts } from './manifest-parts.ts';

/** A partition as its manifest describes it. */
export interface PartitionState {
  readonly partition: Partition;
  readonly titles: Iterable<readonly [imdbId: string, title: TitleState]>;
  /** The parts in the lake, whose lines are used for titles that are not outdated. */
  readonly parts?: Parts | undefined;
}

/** A document that belongs in a part. */
export interface PartDocument {
  readonly imdbId: string;
  readonly key: string;
  /** The ID that the document must have. */
  readonly id: number | string;
  /** Its line in the part in the lake, if that is current. */
  readonly line?: string | undefined;
  /** Set if it is certainly missing: why its title must be downloaded again. */
  readonly reason?: string;
}

/** A document that is missing or damaged. */
export interface UnreadableDocument extends PartDocument {
  /** Why its title must be downloaded again. It names no key, so that titles can be grouped by it. */
  readonly reason: string;
}

/** The documents of the parts of one partition, in the order of their lines. */
export type PartDocuments = Readonly<Record<PartTable, readonly PartDocument[]>>;

/** How many documents are read at the same time. */
const READS_AT_ONCE = 32;

const MISSING = 'its document is missing in the lake';
const MISSING_REVIEWS = 'some of its reviews are missing in the lake';
const DAMAGED = 'its document in the lake is damaged';
const DAMAGED_REVIEWS = 'some of its reviews in the lake are damaged';

type Found = Extract<TitleState, { state: 'found' }>;

/**
 * Lists the documents that belong in the parts of a partition: those of its found titles, and of their reviews those that TMDB
 * still has. It makes no request if each title's state lists its reviews and is outdated, as that of a title just downloaded.
 * @returns the documents, sorted by TMDB ID (reviews: by movie, then by their own ID). Those to be read have no line.
 * @throws any error of the lake, and the signal's reason.
 */
export async function listPartDocuments(
  { lake }: { readonly lake: Lake },
  { partition, titles, parts }: PartitionState,
  options: LakeOptions = {},
): Promise<PartDocuments> {
  const found = [...titles].filter((entry): entry is [string, Found] => entry[1].state === 'found');
  const owners = chooseOwners(found);
  // IDs that share a movie share its documents.
  const outdatedIds = new Set(parts?.outdated);
  const outdated = new Set(found.flatMap(([imdbId, { tmdbId }]) => (outdatedIds.has(imdbId) ? tmdbId : [])));
  const isOutdated = outdated.size > 0 && owners.every(([, { tmdbId }]) => outdated.has(tmdbId));
  const previous =
    parts && !isOutdated ? await readStoredLines({ lake }, partition, parts, options) : NO_LINES;
  let listed: ReadonlyMap<number, readonly LakeEntry[]> | undefined;
  const movies: PartDocument[] = [];
  const reviews: PartDocument[] = [];
  for (const [imdbId, title] of owners) {
    const { tmdbId } = title;
    const isCurrent = !outdated.has(tmdbId);
    const line = isCurrent ? previous.movies.get(tmdbId) : undefined;
    movies.push({ imdbId, key: movieKey(partition, tmdbId), id: tmdbId, line });
    const lines = (isCurrent && previous.reviews.get(tmdbId)) || new Map<string, string>();
    let ids = title.reviewIds ?? (lines.size === title.reviews ? [...lines.keys()] : undefined);
    if (ids === undefined) {
      listed ??= await listReviews({ lake }, partition, options);
      ids = newestReviews(listed.get(tmdbId) ?? [], title.reviews);
    }
    for (const id of [...ids].sort())
      reviews.push({ imdbId, key: reviewKey(partition, tmdbId, id), id, line: lines.get(id) });
    if (ids.length < title.reviews)
      reviews.push({ imdbId, key: reviewPrefix(partition, tmdbId), id: '', reason: MISSING_REVIEWS });
  }
  return { movies, reviews };
}

/** Returns the titles that own the documents of a movie, sorted by TMDB ID. */
function chooseOwners(found: readonly [string, Found][]): [string, Found][] {
  const owners = new Map<number, [string, Found]>();
  for (const [imdbId, title] of found) {
    // A run that was killed may have left two owners of a movie; the next one resolves them.
    if (title.duplicateOf === undefined && !owners.has(title.tmdbId))
      owners.set(title.tmdbId, [imdbId, title]);
  }
  // The owner may have failed, or be gone, so that the next run will choose another.
  for (const [imdbId, title] of found)
    if (!owners.has(title.tmdbId)) owners.set(title.tmdbId, [imdbId, title]);
  return [...owners.values()].sort(([, a], [, b]) => a.tmdbId - b.tmdbId);
}

/** The lines of the parts in the lake, by TMDB ID; of reviews, by movie and by their own ID. */
interface StoredLines {
  readonly movies: ReadonlyMap<number, string>;
  readonly reviews: ReadonlyMap<number, ReadonlyMap<string, string>>;
}

const NO_LINES: StoredLines = { movies: new Map(), reviews: new Map() };

/** A line without IDs is omitted, so its document is read. */
async function readStoredLines(
  { lake }: { readonly lake: Lake },
  partition: Partition,
  parts: Parts,
  options: LakeOptions,
): Promise<StoredLines> {
  const [movieLines = [], reviewLines = []] = await Promise.all([
    readPart({ lake }, 'movies', partition, parts.movies, options),
    readPart({ lake }, 'reviews', partition, parts.reviews, options),
  ]);
  const movies = new Map<number, string>();
  for (const line of movieLines) {
    const { id } = parseLine(line);
    if (typeof id === 'number') movies.set(id, line);
  }
  const reviews = new Map<number, Map<string, string>>();
  for (const line of reviewLines) {
    const { id, movie_id: movieId } = parseLine(line);
    if (typeof id !== 'string' || typeof movieId !== 'number') continue;
    const ofMovie = reviews.get(movieId) ?? new Map<string, string>();
    reviews.set(movieId, ofMovie.set(id, line));
  }
  return { movies, reviews };
}

function parseLine(text: string): Readonly<Record<string, unknown>> {
  const value = parseJson(text);
  return isRecord(value) ? value : {};
}

async function listReviews(
  { lake }: { readonly lake: Lake },
  partition: Partition,
  options: LakeOptions,
): Promise<Map<number, LakeEntry[]>> {
  const byMovie = new Map<number, LakeEntry[]>();
  for await (const entry of lake.list(`${REVIEW_PREFIX}${partitionFolder(partition)}/`, options)) {
    const { tmdbId } = parseDocumentKey(entry.key) ?? {};
    if (tmdbId === undefined) continue;
    const entries = byMovie.get(tmdbId) ?? [];
    entries.push(entry);
    byMovie.set(tmdbId, entries);
  }
  return byMovie;
}

/** Returns the IDs of the reviews that were written last: those that TMDB had when the movie was last downloaded. */
function newestReviews(entries: readonly LakeEntry[], count: number): string[] {
  return [...entries]
    .sort((a, b) => b.lastModified.getTime() - a.lastModified.getTime())
    .slice(0, count)
    .map(({ key }) => key.slice(key.lastIndexOf('-') + 1, -'.json'.length));
}

/** A document with its line. */
export interface ReadDocument extends PartDocument {
  readonly line: string;
}

/**
 * Reads the lines of a part: from `texts`, from the part in the lake, or from the documents, several at once.
 * @throws any error of the lake, and the signal's reason.
 */
export async function* readPartLines(
  { lake, texts }: { readonly lake: Lake; readonly texts?: Pick<KeptTexts, 'get'> | undefined },
  documents: readonly PartDocument[],
  options: LakeOptions = {},
): AsyncGenerator<ReadDocument | UnreadableDocument> {
  yield* mapConcurrently(documents, READS_AT_ONCE, async (document) => {
    const { id, key, line: known, reason } = document;
    if (known !== undefined) return { ...document, line: known };
    if (reason !== undefined) return { ...document, reason };
    const kept = texts?.get(key);
    const text = kept ?? (await lake.read(key, options))?.body.toString('utf8');
    if (text === undefined)
      return { ...document, reason: typeof id === 'number' ? MISSING : MISSING_REVIEWS };
    const line = toLine(text, (json) => kept !== undefined || json.id === id);
    if (line !== undefined) return { ...document, line };
    return { ...document, reason: typeof id === 'number' ? DAMAGED : DAMAGED_REVIEWS };
  });
}

/** Whether a document has been read. */
export function isRead(document: ReadDocument | UnreadableDocument): document is ReadDocument {
  return document.line !== undefined;
}
