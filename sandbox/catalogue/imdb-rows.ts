import type { Random } from '../random.ts';
import { inventTitle } from './titles.ts';

/** A row of `title.basics.tsv.gz`. Source of the columns: developer.imdb.com/non-commercial-datasets. */
export interface ImdbRow {
  readonly tconst: string;
  readonly titleType: string;
  readonly primaryTitle: string;
  readonly originalTitle: string;
  readonly isAdult: boolean;
  readonly startYear: number | null;
  readonly endYear: number | null;
  readonly runtimeMinutes: number | null;
  readonly genres: readonly string[];
}

/** The columns in the order of the file. */
export const COLUMNS = [
  'tconst',
  'titleType',
  'primaryTitle',
  'originalTitle',
  'isAdult',
  'startYear',
  'endYear',
  'runtimeMinutes',
  'genres',
] as const;

const GENRES = ['Drama', 'Comedy', 'Documentary', 'Thriller', 'Romance', 'Horror', 'Adventure', 'Music'];
/** The other types in IMDb's file; most rows are episodes, as in the real file. */
const OTHER_TYPES = [
  ...Array.from({ length: 14 }, () => 'tvEpisode'),
  ...[
    'short',
    'short',
    'tvSeries',
    'tvMiniSeries',
    'tvMovie',
    'tvPilot',
    'tvShort',
    'tvSpecial',
    'video',
    'videoGame',
  ],
];

/** Formats a line of the file without its line end: separated by tabs, `\N` for null, no quoting. */
export function formatRow(row: ImdbRow): string {
  const genres = row.genres.length > 0 ? row.genres.join(',') : null;
  const { tconst, titleType, primaryTitle, originalTitle, isAdult, startYear, endYear, runtimeMinutes } = row;
  return [
    tconst,
    titleType,
    primaryTitle,
    originalTitle,
    isAdult ? 1 : 0,
    startYear,
    endYear,
    runtimeMinutes,
    genres,
  ]
    .map((value) => value ?? '\\N')
    .join('\t');
}

/** Creates a row of titleType `movie`. */
export function makeMovieRow(
  random: Random,
  given: { readonly tconst: string; readonly title: string; readonly startYear: number | null },
): ImdbRow {
  return {
    tconst: given.tconst,
    titleType: 'movie',
    primaryTitle: given.title,
    originalTitle: random.chance(0.8) ? given.title : inventTitle(random).title,
    isAdult: random.chance(0.01),
    startYear: given.startYear,
    endYear: null,
    runtimeMinutes: random.chance(0.7) ? random.int(46, 210) : null,
    genres: random.chance(0.9) ? [...new Set([random.pick(GENRES), random.pick(GENRES)])] : [],
  };
}

/** Creates a row of a titleType other than `movie`. */
export function makeOtherRow(random: Random, tconst: string, years: readonly number[]): ImdbRow {
  const titleType = random.pick(OTHER_TYPES);
  const episode = titleType === 'tvEpisode' && random.chance(0.5);
  const title = episode ? `Episode #${random.int(1, 9)}.${random.int(1, 30)}` : inventTitle(random).title;
  const startYear = random.chance(0.95) ? random.pick(years) : null;
  const series = titleType === 'tvSeries' && startYear !== null;
  const row = makeMovieRow(random, { tconst, title, startYear });
  return { ...row, titleType, endYear: series && random.chance(0.5) ? startYear + random.int(0, 5) : null };
}
