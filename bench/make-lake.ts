import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Manifest, TitleState } from '../src/download/manifest.ts';
import { writeParts } from '../src/download/write-parts.ts';
import { createDirectoryLake } from '../src/lake/directory/directory-lake.ts';
import { manifestKey, movieKey, reviewKey } from '../src/lake/keys.ts';
import type { Partition } from '../src/partition.ts';
import { manifestOf } from '../test/app/synthetic-lake.ts';
import { words } from './snapshot-words.ts';

/** How large a lake is. The default is that of the downloads so far. */
export interface LakeShape {
  readonly movies?: number;
  readonly reviews?: number;
  readonly partitions?: number;
  readonly years?: number;
}

const FIRST_YEAR = 1897;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const AT = '2026-11-22T09:58:00.000Z';
/** Files that are written at the same time. */
const WRITES_AT_ONCE = 64;

/**
 * Writes a lake into a directory: manifests, and either the parts or the single documents. The data are always the same.
 * @returns the partition that was written last.
 */
export async function makeLake(
  directory: string,
  kind: 'parts' | 'documents',
  { movies = 100_000, reviews = 7_000, partitions = 9_000, years = 130 }: LakeShape = {},
): Promise<Partition> {
  const random = createRandom();
  let partition: Partition = { year: FIRST_YEAR, initial: 'AA' };
  for (let n = 0, movie = 0; n < partitions; n += 1) {
    const letters = Math.floor(n / years);
    partition = {
      year: FIRST_YEAR + (n % years),
      initial: `${LETTERS[letters % 36]}${LETTERS[Math.floor(letters / 36) % 36]}`,
    };
    const texts = new Map<string, string>();
    const titles: Record<string, TitleState> = {};
    // As in a real lake, the later half of the partitions has most of the movies.
    const share = (n / partitions) ** 2;
    for (; movie < movies * share || n === partitions - 1; movie += 1) {
      if (movie >= movies) break;
      const tmdbId = 1_000 + movie * 3;
      const imdbId = `tt${String(tmdbId).padStart(7, '0')}`;
      const reviewIds: string[] = [];
      const count = Math.floor(((movie + 1) * reviews) / movies) - Math.floor((movie * reviews) / movies);
      for (let review = 0; review < count; review += 1) {
        const id = `5b${review}c${tmdbId}`;
        reviewIds.push(id);
        texts.set(reviewKey(partition, tmdbId, id), reviewOf({ id, tmdbId, imdbId }, random));
      }
      texts.set(movieKey(partition, tmdbId), movieOf({ tmdbId, imdbId, year: partition.year }, random));
      titles[imdbId] = {
        state: 'found',
        tmdbId,
        reviews: count,
        ...(count > 0 && { reviewIds: reviewIds.sort() }),
        at: AT,
      };
    }
    await writePartition(directory, kind, manifestOfTitles(partition, titles), texts);
  }
  return partition;
}

/** Downloads a title again without a change: the manifest of its partition changes, and its year must be exported again. */
export async function changePartition(directory: string, partition: Partition): Promise<void> {
  const lake = createDirectoryLake({ directory });
  const key = manifestKey(partition);
  const text = (await lake.read(key))?.body.toString() ?? '';
  await writeFile(join(directory, key), text.replaceAll(AT, AT.replace('09:58', '10:58')));
}

/** Returns a manifest without parts. */
function manifestOfTitles(partition: Partition, titles: Manifest['titles']): Manifest {
  const { parts: _, ...manifest } = manifestOf(partition, { found: Object.keys(titles).length });
  return { ...manifest, titles };
}

async function writePartition(
  directory: string,
  kind: 'parts' | 'documents',
  manifest: Manifest,
  texts: ReadonlyMap<string, string>,
): Promise<void> {
  const { partition } = manifest;
  const files = new Map(kind === 'documents' ? texts : []);
  let recorded = manifest;
  if (kind === 'parts') {
    const lake = createDirectoryLake({ directory });
    const kept = { keep: () => {}, get: (key: string) => texts.get(key), clear: () => {} };
    const written = await writeParts(
      { lake, texts: kept },
      { partition, titles: Object.entries(manifest.titles) },
    );
    if (!('parts' in written)) throw new Error('A part could not be written.');
    recorded = { ...manifest, parts: written.parts };
  }
  files.set(manifestKey(partition), `${JSON.stringify(recorded)}\n`);
  const pending = [...files];
  for (let first = 0; first < pending.length; first += WRITES_AT_ONCE) {
    const batch = pending.slice(first, first + WRITES_AT_ONCE);
    await Promise.all(
      batch.map(async ([key, text]) => {
        const file = join(directory, key);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, text);
      }),
    );
  }
}

/** Words at the frequencies of a text. */
type Random = (count: number) => string;

/** Always the same sequence. https://en.wikipedia.org/wiki/Linear_congruential_generator */
function createRandom(): Random {
  let state = 7;
  return (count) =>
    Array.from({ length: count }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return words[Math.floor((state / 2 ** 32) ** 2 * words.length)];
    }).join(' ');
}

/** A document of about 3 KB, with the fields of TMDB. */
function movieOf(
  { tmdbId, imdbId, year }: { readonly tmdbId: number; readonly imdbId: string; readonly year: number },
  text: Random,
): string {
  const title = text(3);
  return `${JSON.stringify({
    adult: false,
    backdrop_path: `/${text(1)}${tmdbId}.jpg`,
    belongs_to_collection: null,
    budget: tmdbId * 100,
    genres: [
      { id: 18, name: 'Drama' },
      { id: 35, name: 'Comedy' },
    ],
    homepage: '',
    id: tmdbId,
    imdb_id: imdbId,
    origin_country: ['US'],
    original_language: 'en',
    original_title: title,
    overview: text(240),
    popularity: (tmdbId % 997) / 31,
    poster_path: `/${text(1)}${tmdbId}p.jpg`,
    production_companies: [1, 2, 3].map((id) => ({
      id: tmdbId + id,
      logo_path: null,
      name: text(2),
      origin_country: 'US',
    })),
    production_countries: [{ iso_3166_1: 'US', name: 'United States of America' }],
    release_date: `${year}-05-17`,
    revenue: 0,
    runtime: 90,
    spoken_languages: [{ english_name: 'English', iso_639_1: 'en', name: 'English' }],
    status: 'Released',
    tagline: text(6),
    title,
    video: false,
    vote_average: 6.5,
    vote_count: tmdbId % 1_000,
    reviews: { page: 1, results: [], total_pages: 0, total_results: 0 },
    genre_ids: [18, 35],
    idIMDB: imdbId,
    id_imdb: imdbId,
  })}\n`;
}

function reviewOf(
  { id, tmdbId, imdbId }: { readonly id: string; readonly tmdbId: number; readonly imdbId: string },
  text: Random,
): string {
  return `${JSON.stringify({
    id,
    author: text(2),
    author_details: { name: text(2), username: text(1), avatar_path: null, rating: 7 },
    content: text(200),
    created_at: '2020-01-02T03:04:05.678Z',
    updated_at: '2020-01-02T03:04:05.678Z',
    url: `https://www.themoviedb.org/review/${id}`,
    movie_id: tmdbId,
    idIMDB: imdbId,
  })}\n`;
}
