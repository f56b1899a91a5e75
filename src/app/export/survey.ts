import { createHash } from 'node:crypto';
import { forEachConcurrently } from '../../concurrency.ts';
import {
  MANIFEST_PREFIX,
  MOVIE_PREFIX,
  manifestKey,
  parseDocumentKey,
  partitionFolder,
  partitionOfFolder,
  partitionOfManifestKey,
  REVIEW_PREFIX,
} from '../../lake/keys.ts';
import type { ETag, Lake, LakeEntry } from '../../lake/lake.ts';
import { type Partition, partitionName } from '../../partition.ts';
import type { ExportFormat } from '../../tables/formats.ts';
import { SCHEMA_VERSION } from '../../tables/schema.ts';

/** A partition of the lake, as a listing shows it. */
export interface SurveyedPartition {
  readonly partition: Partition;
  /** The version of its manifest; `undefined` if it has none. */
  readonly manifest: ETag | undefined;
  /** Changes with the documents or the manifest: see {@link versionOf}. */
  readonly version: string;
  /** The size of its documents; with a manifest, an estimate. */
  readonly sizeBytes: number;
  /** Without a manifest: the number of its movies, and of all its documents. */
  readonly movies: number;
  readonly documents: number;
}

/** The partitions of a lake by year, sorted by initial. */
export type Survey = ReadonlyMap<number, readonly SurveyedPartition[]>;

/** The first and the last year, inclusive. */
export interface YearRange {
  readonly minYear?: number | undefined;
  readonly maxYear?: number | undefined;
}

/** A manifest has about 110 bytes for a movie, whose document has 3 to 6 KB. */
const DOCUMENT_BYTES_PER_MANIFEST_BYTE = 40;
/** Listings of folders in progress. */
const LISTINGS_AT_ONCE = 32;

export function isInRange(year: number, { minYear = 0, maxYear = Infinity }: YearRange): boolean {
  return year >= minYear && year <= maxYear;
}

/**
 * Finds the partitions of a lake: those with a manifest, and those that have only documents, as in the lakes of the
 * earlier Python tool. Lists documents only of years that have partitions without a manifest.
 * @param incomplete the partitions whose manifest was incomplete at the last export, by year: initials. Their documents may
 *   change without it.
 * @returns the partitions of the years in the range, and whether the lake has any partition at all.
 */
export async function surveyLake(
  { lake }: { readonly lake: Lake },
  range: YearRange,
  incomplete: ReadonlyMap<number, readonly string[]> = new Map(),
): Promise<{ readonly years: Survey; readonly isEmpty: boolean }> {
  const manifests = new Map<
    string,
    Pick<LakeEntry, 'etag' | 'sizeBytes'> & { readonly partition: Partition }
  >();
  let isEmpty = true;
  for await (const { key, etag, sizeBytes } of lake.list(MANIFEST_PREFIX)) {
    const partition = partitionOfManifestKey(key);
    if (partition === undefined) continue;
    isEmpty = false;
    if (isInRange(partition.year, range))
      manifests.set(partitionName(partition), { partition, etag, sizeBytes });
  }
  const unrecorded = new Map<number, Set<string>>();
  await findFolders({ lake }, (partition) => {
    isEmpty = false;
    const { year, initial } = partition;
    if (!isInRange(year, range) || manifests.has(partitionName(partition))) return;
    unrecorded.set(year, (unrecorded.get(year) ?? new Set()).add(initial));
  });
  const found: SurveyedPartition[] = [];
  const limit = { concurrency: LISTINGS_AT_ONCE };
  await forEachConcurrently(manifests.values(), limit, async (listed) => {
    const { partition, etag } = listed;
    const sizeBytes = listed.sizeBytes * DOCUMENT_BYTES_PER_MANIFEST_BYTE;
    const isIncomplete = incomplete.get(partition.year)?.includes(partition.initial);
    const version = isIncomplete
      ? versionOf([{ key: manifestKey(partition), etag }, ...(await listPartition({ lake }, partition))])
      : etag;
    found.push({ partition, manifest: etag, version, sizeBytes, movies: 0, documents: 0 });
  });
  await forEachConcurrently(unrecorded, limit, async ([year, initials]) => {
    const byInitial = new Map<string, LakeEntry[]>();
    for await (const entry of listDocuments({ lake }, `year-${year}/`)) {
      const initial = parseDocumentKey(entry.key)?.partition.initial;
      if (initial === undefined || !initials.has(initial)) continue;
      const known = byInitial.get(initial);
      if (known === undefined) byInitial.set(initial, [entry]);
      else known.push(entry);
    }
    for (const [initial, entries] of byInitial) {
      const movies = entries.filter(({ key }) => key.startsWith(MOVIE_PREFIX)).length;
      const version = versionOf(entries);
      const documents = entries.length;
      const sizeBytes = entries.reduce((sum, entry) => sum + entry.sizeBytes, 0);
      const partition = { year, initial };
      found.push({ partition, manifest: undefined, version, sizeBytes, movies, documents });
    }
  });
  return { years: groupByYear(found), isEmpty };
}

/** Calls `onPartition` for each folder of documents, once or twice. */
async function findFolders(
  { lake }: { readonly lake: Lake },
  onPartition: (partition: Partition) => void,
): Promise<void> {
  const roots = [MOVIE_PREFIX, REVIEW_PREFIX];
  const years = await Promise.all(roots.map((root) => lake.listFolders(root)));
  const limit = { concurrency: LISTINGS_AT_ONCE };
  await forEachConcurrently(years.flat(), limit, async (year) => {
    for (const folder of await lake.listFolders(year)) {
      const partition = partitionOfFolder(folder);
      if (partition !== undefined) onPartition(partition);
    }
  });
}

/** Lists the documents of a partition: the movies, then the reviews. */
export async function listPartition(
  { lake }: { readonly lake: Lake },
  partition: Partition,
): Promise<LakeEntry[]> {
  const entries: LakeEntry[] = [];
  for await (const entry of listDocuments({ lake }, `${partitionFolder(partition)}/`)) entries.push(entry);
  return entries;
}

/** Lists the documents of a year or a partition. @param folder such as `year-2004/`. */
async function* listDocuments(
  { lake }: { readonly lake: Lake },
  folder: string,
): AsyncGenerator<LakeEntry, void, undefined> {
  for (const root of [MOVIE_PREFIX, REVIEW_PREFIX]) {
    for await (const entry of lake.list(`${root}${folder}`))
      if (parseDocumentKey(entry.key) !== undefined) yield entry;
  }
}

/** The version of a partition: a hash of the keys and versions of its documents, after its manifest if that is incomplete. */
export function versionOf(documents: readonly Pick<LakeEntry, 'key' | 'etag'>[]): string {
  const hash = createHash('sha256');
  for (const { key, etag } of documents) hash.update(`${key} ${etag}\n`);
  return hash.digest('hex');
}

/**
 * The fingerprint of a year in an export: it changes when the year must be written again.
 * @param partitions what the year consists of, in any order.
 */
export function fingerprintOf(
  format: ExportFormat,
  partitions: readonly Pick<SurveyedPartition, 'partition' | 'version'>[],
): string {
  const versions = partitions.map(({ partition, version }) => `${partition.initial} ${version}`).sort();
  return createHash('sha256')
    .update(JSON.stringify([SCHEMA_VERSION, format, versions]))
    .digest('hex');
}

function groupByYear(partitions: readonly SurveyedPartition[]): Survey {
  const years = new Map<number, SurveyedPartition[]>();
  for (const found of partitions.toSorted(byPartition)) {
    const { year } = found.partition;
    const known = years.get(year);
    if (known === undefined) years.set(year, [found]);
    else known.push(found);
  }
  return years;
}

function byPartition({ partition: a }: SurveyedPartition, { partition: b }: SurveyedPartition): number {
  return a.year - b.year || (a.initial < b.initial ? -1 : 1);
}
