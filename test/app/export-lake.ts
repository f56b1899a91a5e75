import { type ExportOptions, type ExportReport, exportTables } from '../../src/app/export.ts';
import { systemClock } from '../../src/clock.ts';
import type { Manifest, TitleState } from '../../src/download/manifest.ts';
import { manifestKey, movieKey, reviewKey } from '../../src/lake/keys.ts';
import type { Lake } from '../../src/lake/lake.ts';
import type { Partition } from '../../src/partition.ts';
import { MemoryLake } from '../support/memory-lake.ts';
import { manifestOf } from './synthetic-lake.ts';

/** The number of movies in each partition: `{2004: {AD: 3}}`. */
export type LakeSize = Readonly<Record<number, Readonly<Record<string, number>>>>;

export const THREE_YEARS: LakeSize = {
  1999: { AD: 2, TH: 3 },
  2003: { 50: 1, AD: 4, __: 2 },
  2004: { AD: 3, ZU: 1 },
};

/** A movie of a synthetic lake, its number of reviews, and its IDs. */
interface SyntheticMovie {
  readonly imdbId: string;
  readonly tmdbId: number;
  readonly reviewIds: readonly string[];
}

/** The movies of a partition; their TMDB IDs have different lengths, and every other movie has reviews. */
export function moviesOf({ year, initial }: Partition, count: number): SyntheticMovie[] {
  return Array.from({ length: count }, (_, index) => {
    const tmdbId = year * 10 ** (1 + (index % 3)) + index + initial.charCodeAt(0);
    const reviews = index % 2 === 0 ? 1 + (index % 3) : 0;
    return {
      imdbId: `tt${String(tmdbId).padStart(7, '0')}`,
      tmdbId,
      reviewIds: Array.from({ length: reviews }, (_, n) => `5b${n}c${tmdbId}`),
    };
  });
}

/** Writes a lake of documents: with a manifest for each partition, but without parts. */
export async function fillLake(
  lake: Lake,
  size: LakeSize,
  { withManifests = true, text = '' }: { readonly withManifests?: boolean; readonly text?: string } = {},
): Promise<void> {
  for (const [year, initials] of Object.entries(size)) {
    for (const [initial, count] of Object.entries(initials)) {
      const partition = { year: Number(year), initial };
      const movies = moviesOf(partition, count);
      for (const movie of movies) await putMovie(lake, partition, movie, text);
      if (withManifests) await putManifest(lake, partition, movies, { idHash: `${count}${text}` });
    }
  }
}

async function putMovie(
  lake: Lake,
  partition: Partition,
  { imdbId, tmdbId, reviewIds }: SyntheticMovie,
  text: string,
): Promise<void> {
  const { year } = partition;
  for (const id of reviewIds) {
    const review = { id, author: 'ann', content: `Line one\nof ${id}.`, movie_id: tmdbId, idIMDB: imdbId };
    await putJson(lake, reviewKey(partition, tmdbId, id), review);
  }
  const movie = {
    id: tmdbId,
    title: `Movie ${tmdbId}${text}`,
    release_date: `${year}-05-17`,
    idIMDB: imdbId,
  };
  await putJson(lake, movieKey(partition, tmdbId), { ...movie, id_imdb: imdbId });
}

/** Writes the manifest of a partition: each movie is found, and TMDB does not have one more title. */
export async function putManifest(
  lake: Lake,
  partition: Partition,
  movies: readonly SyntheticMovie[],
  changes: Partial<Manifest> = {},
): Promise<void> {
  const at = '2026-11-22T09:58:00.000Z';
  const titles: Record<string, TitleState> = { tt0000009: { state: 'notFound', at } };
  for (const { imdbId, tmdbId, reviewIds } of movies) {
    const reviews = reviewIds.length;
    titles[imdbId] = { state: 'found', tmdbId, reviews, ...(reviews > 0 && { reviewIds }), at };
  }
  const manifest = {
    ...manifestOf(partition, { found: movies.length, notFound: 1, parts: false }),
    titles,
    ...changes,
  };
  await putJson(lake, manifestKey(partition), manifest);
}

async function putJson(lake: Lake, key: string, value: unknown): Promise<void> {
  await lake.write(key, `${JSON.stringify(value)}\n`, 'application/json');
}

/** A memory lake of documents. */
export async function createLake(
  size: LakeSize = THREE_YEARS,
  options: Parameters<typeof fillLake>[2] = {},
): Promise<MemoryLake> {
  const lake = new MemoryLake('s3://lake');
  await fillLake(lake, size, options);
  lake.calls.length = 0;
  return lake;
}

/** The keys that were written, in the order of the writes. */
export function writtenKeys({ calls }: MemoryLake): string[] {
  return calls
    .filter(({ name, bytes }) => ['write', 'writeStream', 'compareAndSwap'].includes(name) && bytes > 0)
    .map(({ key }) => key);
}

/** Exports a lake, by default as CSV. */
export function exportTo(
  lake: Lake,
  target: Lake,
  options: Partial<ExportOptions> = {},
): Promise<ExportReport> {
  return exportTables({ lake, clock: systemClock }, target, { format: 'csv', ...options });
}

/** Exports a lake to a new place. */
export async function exportAll(
  lake: Lake,
  options: Partial<ExportOptions> = {},
): Promise<{ target: MemoryLake; report: ExportReport; files: Record<string, string | undefined> }> {
  const target = new MemoryLake('s3://export');
  const report = await exportTo(lake, target, options);
  return { target, report, files: filesOf(target) };
}

/** The content of an export by key, without its record, which contains versions of the lake. */
export function filesOf(target: MemoryLake, prefix = ''): Record<string, string | undefined> {
  const keys = target.keys(prefix).filter((key) => key !== 'export.json');
  return Object.fromEntries(keys.map((key) => [key, target.text(key)]));
}
