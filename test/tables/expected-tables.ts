import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TableName } from '../../src/tables/schema.ts';

/** A row by column. 64-bit integers are texts and timestamps milliseconds, lists are arrays. */
export type ExpectedRow = Readonly<Record<string, unknown>>;

type Json = Readonly<Record<string, unknown>>;

/** A file of a lake: its partition, its name and its text. */
interface LakeFile {
  readonly year: number;
  readonly initial: string;
  readonly name: string;
  readonly text: string;
}

/**
 * Computes the rows that an export of a lake in a directory must have, from its documents and manifests, with code of its
 * own: what is documented in docs/tables.md, in the simplest possible way.
 * @param imdbTitles IMDb's titles by ID; empty for a lake without a list.
 */
export async function expectTables(
  directory: string,
  imdbTitles: ReadonlyMap<string, string>,
): Promise<Record<TableName, ExpectedRow[]>> {
  const movies = (await readFiles(directory, 'movies')).flatMap((file) => expectRow(file, movieColumns));
  const reviewFiles = await readFiles(directory, 'reviews');
  const reviews = reviewFiles.flatMap((file) => expectRow(file, reviewColumns));
  const manifests = await readFiles(directory, 'manifests');
  const titles = manifests.flatMap(({ year, name, text }) => {
    const states: Record<string, Json> = JSON.parse(text).titles;
    const initial = name.replace(/^initial-|\.json$/g, '');
    return Object.entries(states).map(([imdbId, state]) => titleColumns(imdbId, { year, initial }, state));
  });
  // Without manifests, the movies are all that is known.
  for (const { imdb_id, tmdb_id, imdb_year, initial } of manifests.length > 0 ? [] : movies) {
    const ofMovie = reviewFiles.filter(({ name }) => name.startsWith(`tmdb-movie-${tmdb_id}-`));
    const count = ofMovie.filter((file) => file.year === imdb_year && file.initial === initial).length;
    const state = { state: 'found', tmdbId: Number(tmdb_id), reviews: count };
    titles.push(titleColumns(String(imdb_id), { year: Number(imdb_year), initial: String(initial) }, state));
  }
  return {
    movies,
    reviews,
    titles: titles.map((row) => ({ ...row, title: imdbTitles.get(String(row.imdb_id)) ?? null })),
  };
}

async function readFiles(directory: string, kind: 'movies' | 'reviews' | 'manifests'): Promise<LakeFile[]> {
  const root = join(directory, 'tmdb', kind);
  const paths = await readdir(root, { recursive: true }).catch(() => []);
  const files = paths
    .filter((path) => path.endsWith('.json'))
    .map(async (path) => {
      const [, year = '', initial = ''] = /year-(\d+)[\\/]initial-([^\\/.]+)/.exec(path) ?? [];
      const name = path.split(/[\\/]/).at(-1) ?? '';
      return { year: Number(year), initial, name, text: await readFile(join(root, path), 'utf8') };
    });
  return Promise.all(files);
}

/** Returns nothing for a truncated document. */
function expectRow(
  { year, initial, text }: LakeFile,
  columns: (document: Json) => ExpectedRow,
): ExpectedRow[] {
  try {
    const line = replaceLoneSurrogates(text.trim().replaceAll(/\s*\n\s*/g, ' '));
    return [{ ...columns(JSON.parse(line)), document: line, imdb_year: year, initial, year }];
  } catch {
    return [];
  }
}

function movieColumns(movie: Json): ExpectedRow {
  const collection = movie.belongs_to_collection;
  return {
    imdb_id: text(movie.idIMDB) ?? text(movie.id_imdb),
    tmdb_id: bigint(movie.id),
    ...Object.fromEntries(
      ['title', 'original_title', 'original_language', 'overview', 'tagline', 'status', 'homepage']
        .concat('poster_path', 'backdrop_path')
        .map((name) => [name, text(movie[name])]),
    ),
    release_date: date(movie.release_date),
    runtime: integer(movie.runtime),
    budget: bigint(movie.budget),
    revenue: bigint(movie.revenue),
    popularity: double(movie.popularity),
    vote_average: double(movie.vote_average),
    vote_count: integer(movie.vote_count),
    adult: typeof movie.adult === 'boolean' ? movie.adult : null,
    video: typeof movie.video === 'boolean' ? movie.video : null,
    tmdb_imdb_id: text(movie.imdb_id),
    genre_ids: list(movie.genre_ids, integer) ?? list(movie.genres, (genre) => integer(field(genre, 'id'))),
    genre_names: list(movie.genres, (genre) => text(field(genre, 'name'))),
    production_company_ids: list(movie.production_companies, (company) => integer(field(company, 'id'))),
    production_company_names: list(movie.production_companies, (company) => text(field(company, 'name'))),
    production_countries: list(movie.production_countries, (country) => text(field(country, 'iso_3166_1'))),
    origin_country: list(movie.origin_country, text),
    spoken_languages: list(movie.spoken_languages, (language) => text(field(language, 'iso_639_1'))),
    collection_id: bigint(field(collection, 'id')),
    collection_name: text(field(collection, 'name')),
  };
}

function reviewColumns(review: Json): ExpectedRow {
  const author = review.author_details;
  return {
    review_id: text(review.id),
    imdb_id: text(review.idIMDB) ?? text(review.id_imdb),
    tmdb_id: bigint(review.movie_id),
    author: text(review.author),
    author_name: text(field(author, 'name')),
    author_username: text(field(author, 'username')),
    author_avatar_path: text(field(author, 'avatar_path')),
    rating: double(field(author, 'rating')),
    content: text(review.content),
    created_at: instant(review.created_at),
    updated_at: instant(review.updated_at),
    url: text(review.url),
  };
}

function titleColumns(
  imdbId: string,
  { year, initial }: { readonly year: number; readonly initial: string },
  state: Json,
): ExpectedRow {
  const isFound = state.state === 'found';
  return {
    imdb_id: imdbId,
    imdb_year: year,
    initial,
    tmdb_id: bigint(state.tmdbId),
    state: state.state,
    reason: state.reason ?? null,
    review_count: state.reviews ?? null,
    missing_reviews: isFound ? (state.missingReviews ?? 0) : null,
    duplicate_of: state.duplicateOf ?? null,
    fetched_at: state.at === undefined ? null : Date.parse(String(state.at)),
    year,
  };
}

/** NUL, which most databases cannot store, is replaced. */
function text(value: unknown): string | null {
  return typeof value === 'string' ? value.replaceAll('\0', '\ufffd') : null;
}

function integer(value: unknown): number | null {
  return Number.isInteger(value) && Math.abs(Number(value) + 0.5) < 2 ** 31 ? Number(value) : null;
}

function bigint(value: unknown): string | null {
  return Number.isSafeInteger(value) ? String(value) : null;
}

function double(value: unknown): number | null {
  return Number.isFinite(value) ? Number(value) : null;
}

/** Days before 1583, the first whole year of the Gregorian calendar, are ambiguous. */
function date(value: unknown): string | null {
  const [, year = 0, month = 0, day = 0] = (/^(\d{4})-(\d\d)-(\d\d)$/.exec(String(value)) ?? []).map(Number);
  const made = new Date(Date.UTC(year, month - 1, day));
  const exists = made.getUTCMonth() === month - 1 && made.getUTCDate() === day;
  return typeof value === 'string' && year >= 1583 && exists ? value : null;
}

/** The instants of the catalogue's awkward reviews that a table must understand; all others are `Date`'s notation. */
const INSTANTS: Readonly<Record<string, string>> = {
  '2013-08-05T01:02:03Z': '2013-08-05T01:02:03.000Z',
  '2013-08-05T01:02:03.4Z': '2013-08-05T01:02:03.400Z',
  '2013-08-05T01:02:03.456789Z': '2013-08-05T01:02:03.456Z',
  '2013-08-05T01:02:03.456+02:00': '2013-08-04T23:02:03.456Z',
  '2013-08-05 01:02:03': '2013-08-05T01:02:03.000Z',
};

function instant(value: unknown): number | null {
  if (typeof value !== 'string') return null;
  const known = INSTANTS[value] ?? value;
  const ms = Date.parse(known);
  const isOrdinary = Number.isFinite(ms) && new Date(ms).toISOString() === known;
  return isOrdinary && known >= '1583' ? ms : null;
}

function list<Item>(value: unknown, convert: (item: unknown) => Item | null): Item[] | null {
  if (!Array.isArray(value)) return null;
  const items = value.map(convert);
  return items.every((item) => item !== null) ? items : null;
}

function field(value: unknown, name: string): unknown {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && Object.hasOwn(value, name) ? (value as Json)[name] : undefined;
}

/** Replaces escaped unpaired surrogates, character by character. */
function replaceLoneSurrogates(json: string): string {
  const isHigh = (text: string) => /^\\ud[89ab]/i.test(text);
  const isLow = (text: string) => /^\\ud[c-f]/i.test(text);
  const parts = json.split(/(\\u[\da-f]{4}|\\.)/i);
  return parts
    .map((part, at) => {
      const next = parts[at + 1] === '' ? (parts[at + 2] ?? '') : '';
      const last = parts[at - 1] === '' ? (parts[at - 2] ?? '') : '';
      if (at % 2 === 0 || !(isHigh(part) || isLow(part))) return part;
      return (isHigh(part) && isLow(next)) || (isLow(part) && isHigh(last)) ? part : '\\ufffd';
    })
    .join('');
}
