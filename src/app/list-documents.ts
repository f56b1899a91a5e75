import { setMaxListeners } from 'node:events';
import { mapConcurrently } from '../concurrency.ts';
import type { Movie, Review } from '../download/stored-documents.ts';
import { UserError } from '../errors.ts';
import { isRecord, parseJson } from '../json.ts';
import { MOVIE_PREFIX, parseDocumentKey, partitionFolder, REVIEW_PREFIX } from '../lake/keys.ts';
import type { Lake, LakeEntry } from '../lake/lake.ts';
import { type Partition, parseInitial, parseYear } from '../partition.ts';

/** Which documents of a lake to read; without filters, all of them. */
export interface DocumentFilters extends Partial<Partition> {
  /** TMDB's number of a movie. With `year` and `initial` as well, only this movie's keys are listed. */
  readonly movieId?: number;
}

/** Options for reading documents. */
export interface ListOptions {
  /** The number of concurrent reads; 32 by default. */
  readonly concurrency?: number;
  /**
   * Called for each damaged document, which is then skipped. Without it the iteration throws the error. The error's
   * message contains the document's key.
   */
  readonly onDamaged?: (error: DamagedDocumentError) => void;
  readonly signal?: AbortSignal;
}

/** A document in the lake is not valid JSON, or is neither a movie nor a review. */
export class DamagedDocumentError extends UserError {
  override readonly name = 'DamagedDocumentError';
  /** The document's key in the lake. */
  readonly key: string;

  constructor(message: string, key: string) {
    super(message);
    this.key = key;
  }
}

/**
 * Reads the movies of a lake, several at once, and yields them one by one. Memory use does not depend on the size of
 * the lake.
 *
 * Movies are ordered by key, in S3 as in a directory: by year, then by initial, then by TMDB's number as text (`10`
 * comes before `9`). Documents that TMDB has renumbered or deleted since they were downloaded are included; the
 * partition's manifest has the current numbers.
 *
 * @example
 * const lake = await openLake('./lake');
 * for await (const movie of listMovies(lake, { year: 2004 })) console.log(movie.title);
 *
 * @throws {UsageError} for an invalid year or initial, {@link DamagedDocumentError} for a damaged document unless
 *   `onDamaged` is given, the signal's reason when it is aborted, and any error of the lake.
 */
export function listMovies(
  lake: Lake,
  filters: DocumentFilters = {},
  options: ListOptions = {},
): AsyncGenerator<Movie, void, undefined> {
  return listDocuments(lake, MOVIE_PREFIX, filters, options, isMovie);
}

/**
 * Reads the reviews of a lake, as {@link listMovies} reads movies. The reviews of a movie are consecutive and ordered
 * by ID.
 *
 * @example
 * const { year, initial } = partition;
 * for await (const review of listReviews(lake, { year, initial, movieId: movie.id })) console.log(review.content);
 *
 * @throws the same errors as {@link listMovies}.
 */
export function listReviews(
  lake: Lake,
  filters: DocumentFilters = {},
  options: ListOptions = {},
): AsyncGenerator<Review, void, undefined> {
  return listDocuments(lake, REVIEW_PREFIX, filters, options, isReview);
}

function isMovie(document: Readonly<Record<string, unknown>>): document is Movie {
  return typeof document.id === 'number';
}

function isReview(document: Readonly<Record<string, unknown>>): document is Review {
  return typeof document.id === 'string';
}

async function* listDocuments<Document>(
  lake: Lake,
  root: string,
  given: DocumentFilters,
  { concurrency = 32, onDamaged, signal }: ListOptions,
  isDocument: (document: Readonly<Record<string, unknown>>) => document is Document & Record<string, unknown>,
): AsyncGenerator<Document, void, undefined> {
  const filters = parseFilters(given);
  if (signal !== undefined) setMaxListeners(0, signal); // Each read in flight listens to it.
  const entries = filterKeys(lake.list(prefixOf(root, filters), { signal }), filters);
  for await (const document of mapConcurrently(entries, concurrency, readDocument)) {
    if (document === undefined) continue;
    if (!(document instanceof DamagedDocumentError)) yield document;
    else if (onDamaged === undefined) throw document;
    else onDamaged(document);
  }

  async function readDocument({ key }: LakeEntry): Promise<Document | DamagedDocumentError | undefined> {
    const object = await lake.read(key, { signal });
    if (object === undefined) return undefined; // It was deleted after it was listed.
    const document = parseJson(object.body.toString('utf8'));
    if (isRecord(document) && isDocument(document)) return document;
    return damaged(lake, key, document === undefined ? 'it is not valid JSON' : 'it has no valid "id"');
  }
}

function damaged(lake: Lake, key: string, problem: string): DamagedDocumentError {
  const { year, initial } = parseDocumentKey(key)?.partition ?? {};
  return new DamagedDocumentError(
    `The document ${lake.url}/${key} is damaged (${problem}): download its partition again, for example with "tdd download --year ${year} --initial ${initial} --refresh".`,
    key,
  );
}

function parseFilters({ year, initial, movieId }: DocumentFilters): DocumentFilters {
  return {
    ...(year !== undefined && { year: parseYear(year) }),
    ...(initial !== undefined && { initial: parseInitial(initial) }),
    ...(movieId !== undefined && { movieId }),
  };
}

/** Returns the longest common prefix of the requested keys. */
function prefixOf(root: string, { year, initial, movieId }: DocumentFilters): string {
  if (year === undefined) return root;
  if (initial === undefined) return `${root}year-${year}/`;
  const folder = `${root}${partitionFolder({ year, initial })}/`;
  return movieId === undefined ? folder : `${folder}tmdb-movie-${movieId}`;
}

async function* filterKeys(
  entries: AsyncIterable<LakeEntry>,
  { year, initial, movieId }: DocumentFilters,
): AsyncGenerator<LakeEntry> {
  for await (const entry of entries) {
    const found = parseDocumentKey(entry.key);
    if (found === undefined) continue; // Not one of our documents.
    if (year !== undefined && found.partition.year !== year) continue;
    if (initial !== undefined && found.partition.initial !== initial) continue;
    if (movieId !== undefined && found.tmdbId !== movieId) continue;
    yield entry;
  }
}
