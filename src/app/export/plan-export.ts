import { isBucketUrl } from '../../bucket-name.ts';
import { forEachConcurrently } from '../../concurrency.ts';
import type { Manifest } from '../../download/manifest.ts';
import { hasParts } from '../../download/manifest-parts.ts';
import { DamagedManifestError, parseManifest } from '../../download/parse-manifest.ts';
import { priceS3 } from '../../fleet/prices.ts';
import { MOVIE_PREFIX, manifestKey } from '../../lake/keys.ts';
import type { Lake } from '../../lake/lake.ts';
import { exportFileKey } from '../../tables/export-keys.ts';
import type { ExportFormat } from '../../tables/formats.ts';
import { TABLE_NAMES } from '../../tables/schema.ts';
import type { ExportRecord } from './export-record.ts';
import type { KeptManifests } from './kept-manifests.ts';
import {
  fingerprintOf,
  isInRange,
  listPartition,
  type Survey,
  type SurveyedPartition,
  type YearRange,
} from './survey.ts';
import { findUnnamed } from './unrecorded-documents.ts';

/** What an export is going to do. */
export interface ExportPlan {
  /** The number of years to write. */
  readonly years: number;
  /** The number of years that are up to date. */
  readonly unchanged: number;
  /** The number of movies in the years to write. */
  readonly movies: number;
  /** The number of documents that must be read one by one, because the lake has no part with them. */
  readonly documents: number;
  /** The cost of reading these documents from S3, in US dollars. Absent for a directory. */
  readonly getDollars?: number;
  /** The number of complete partitions without parts: the export writes their parts into the lake. */
  readonly lackParts: number;
}

/** A year to write and its partitions: none if the lake no longer has the year. */
export interface PlannedYear {
  readonly year: number;
  readonly partitions: readonly SurveyedPartition[];
}

/**
 * Finds the years to write: those that have changed or that the lake no longer has, those whose files are missing or
 * incomplete, and those with unreadable documents, which may have been repaired.
 * @returns them in ascending order, and the number of the others.
 */
export async function chooseYears(
  { target }: { readonly target: Lake },
  {
    survey,
    record,
    format,
    range,
  }: {
    readonly survey: Survey;
    readonly record: ExportRecord;
    readonly format: ExportFormat;
    readonly range: YearRange;
  },
): Promise<{ readonly years: readonly PlannedYear[]; readonly unchanged: number }> {
  const sizes = new Map<string, number>();
  const inTarget = new Set(record.years.keys());
  for (const name of TABLE_NAMES) {
    for await (const { key, sizeBytes } of target.list(`${name}/`)) {
      sizes.set(key, sizeBytes);
      const year = Number(/\/year=(\d{4})\//.exec(key)?.[1]);
      // The record may have been deleted, so that another lake replaces the export.
      if (key === exportFileKey(name, year, format)) inTarget.add(year);
    }
  }
  const exported = [...inTarget].filter((year) => isInRange(year, range));
  const all = [...new Set([...survey.keys(), ...exported])].sort((a, b) => a - b);
  const years = all
    .map((year) => ({ year, partitions: survey.get(year) ?? [] }))
    .filter(({ year, partitions }) => {
      const known = record.years.get(year);
      return (
        known?.fingerprint !== fingerprintOf(format, partitions) ||
        known.unreadable !== undefined ||
        TABLE_NAMES.some((name) => sizes.get(exportFileKey(name, year, format)) !== known.tables[name].bytes)
      );
    });
  return { years, unchanged: all.length - years.length };
}

/** Manifests read at the same time. */
const READS_AT_ONCE = 32;

/**
 * Counts the movies of the years to write, and the documents to read for them.
 * @param deps.manifests keeps those of partitions with parts.
 * @throws {NewerManifestError} for a manifest of a newer version.
 */
export async function countWork(
  { lake, manifests }: { readonly lake: Lake; readonly manifests: KeptManifests },
  years: readonly PlannedYear[],
): Promise<Pick<ExportPlan, 'movies' | 'documents' | 'lackParts' | 'getDollars'>> {
  let movies = 0;
  let documents = 0;
  let lackParts = 0;
  const partitions = years.flatMap((year) => year.partitions);
  await forEachConcurrently(partitions, { concurrency: READS_AT_ONCE }, async (surveyed) => {
    const counts = (await countRecorded({ lake, manifests }, surveyed)) ?? { ...surveyed, lacksParts: false };
    movies += counts.movies;
    documents += counts.documents;
    if (counts.lacksParts) lackParts += 1;
  });
  const inS3 = isBucketUrl(lake.url);
  return { movies, documents, lackParts, ...(inS3 && { getDollars: priceS3({ puts: 0, gets: documents }) }) };
}

async function countRecorded(
  { lake, manifests }: { readonly lake: Lake; readonly manifests: KeptManifests },
  { partition, manifest: etag }: SurveyedPartition,
): Promise<{ movies: number; documents: number; lacksParts: boolean } | undefined> {
  if (etag === undefined) return undefined;
  const key = manifestKey(partition);
  const object = await lake.read(key);
  try {
    if (object === undefined) return undefined;
    const manifest = parseManifest(object.body.toString('utf8'), `${lake.url}/${key}`);
    const { movies, documents } = countDocuments(manifest);
    if (hasParts(manifest)) manifests.keep(key, object);
    if (manifest.complete) return { movies, documents, lacksParts: !hasParts(manifest) };
    const entries = await listPartition({ lake }, partition);
    const unnamed = findUnnamed(
      entries.map((entry) => entry.key),
      manifest,
    );
    const others = unnamed.filter((each) => each.startsWith(MOVIE_PREFIX));
    return {
      movies: movies + others.length,
      documents: documents + unnamed.length,
      lacksParts: false,
    };
  } catch (error) {
    if (error instanceof DamagedManifestError) return undefined;
    throw error;
  }
}

function countDocuments(manifest: Manifest): { movies: number; documents: number } {
  const { parts, titles } = manifest;
  if (parts !== undefined && hasParts(manifest)) return { movies: parts.movies.rows, documents: 0 };
  const outdated = parts && new Set(parts.outdated);
  let movies = 0;
  let documents = 0;
  for (const [imdbId, title] of Object.entries(titles)) {
    if (title.state !== 'found' || title.duplicateOf !== undefined) continue;
    movies += 1;
    if (outdated === undefined || outdated.has(imdbId)) documents += 1 + title.reviews;
  }
  return { movies, documents };
}
