import { drawCases } from './catalogue/cases.ts';
import {
  type DocumentSettings,
  type ExpectedTitle,
  expectTitle,
  type InitialOf,
} from './catalogue/expected-title.ts';
import { createIds } from './catalogue/ids.ts';
import { COLUMNS, formatRow, type ImdbRow, makeOtherRow } from './catalogue/imdb-rows.ts';
import type { CatalogueCase, Knowledge } from './catalogue/situations.ts';
import type { TmdbMovie } from './catalogue/tmdb-movie.ts';
import { createRandom } from './random.ts';

export interface CatalogueOptions {
  /** The same seed and numbers make the same catalogue. */
  readonly seed?: string | number;
  /** Movies (titleType `movie`); below about 80 some situations and awkward titles are left out. */
  readonly titles?: number;
  /** Rows of other types for each movie. */
  readonly othersPerTitle?: number;
  /** The years most movies are of. */
  readonly years?: readonly number[];
  /** Years that one movie in a hundred is of. */
  readonly olderYears?: readonly number[];
}

/** An invented IMDb list and what an invented TMDB knows of it. Nothing in it is anybody's content. */
export interface Catalogue {
  readonly seed: string;
  /** Every row of the list in the order of the file. */
  readonly rows: readonly ImdbRow[];
  /** The movie rows, each with what TMDB knows of it. */
  readonly cases: readonly CatalogueCase[];
  /** Lines of the file that are not rows; a reader counts and skips them. */
  readonly badLines: readonly string[];
  /** What TMDB answers for an IMDb id. */
  knowledgeOf(imdbId: string): Knowledge;
  /** The movie of a TMDB id. */
  movieOf(tmdbId: number): TmdbMovie | undefined;
  /** The lines of title.basics.tsv, the header first, without line ends. */
  lines(): Generator<string>;
  /** What must be in the lake for each movie with a year, by IMDb id. */
  expectedTitles(settings?: DocumentSettings): Map<string, ExpectedTitle>;
}

const NOTHING: Knowledge = { find: [] };
const YEARS = [2019, 2020, 2021, 2022, 2023, 2024];
const OLDER_YEARS = [1931, 1968, 1999, 2012];

/** Invents a catalogue from a seed: by default about 3,000 movies among 15,000 rows. */
export function createCatalogue(
  { initialOf }: { readonly initialOf: InitialOf },
  {
    seed = 1,
    titles = 3_000,
    othersPerTitle = 4,
    years = YEARS,
    olderYears = OLDER_YEARS,
  }: CatalogueOptions = {},
): Catalogue {
  const random = createRandom(seed);
  const ids = createIds(random);
  const drawYear = (): number | null => {
    if (random.chance(0.01)) return null;
    return random.pick(olderYears.length > 0 && random.chance(0.01) ? olderYears : years);
  };
  const cases = drawCases({ seed: String(seed), random, ids, titles, drawYear });
  const others = Array.from({ length: titles * othersPerTitle }, () =>
    makeOtherRow(random, ids.imdb(), years),
  );
  const rows = [...cases.map(({ row }) => row), ...others].sort((a, b) => (a.tconst < b.tconst ? -1 : 1));
  const knowledge = new Map(cases.map((known) => [known.row.tconst, known.knowledge]));
  const movies = new Map(cases.flatMap(moviesOf).map((movie) => [movie.tmdbId, movie]));
  const badLines = [
    `${ids.imdb()}\tmovie\tCut Off in the Mid`,
    'no-id\tmovie\tNo Id\tNo Id\t0\t2020\t\\N\t90\tDrama',
  ];

  return {
    seed: String(seed),
    rows,
    cases,
    badLines,
    knowledgeOf: (imdbId) => knowledge.get(imdbId) ?? NOTHING,
    movieOf: (tmdbId) => movies.get(tmdbId),
    *lines() {
      yield COLUMNS.join('\t');
      for (const [index, row] of rows.entries()) {
        if (index === 1) yield* badLines;
        yield formatRow(row);
      }
    },
    expectedTitles(settings) {
      const expected = cases.map(
        (known) => [known.row.tconst, expectTitle(known, initialOf, settings)] as const,
      );
      return new Map(expected.filter((entry): entry is [string, ExpectedTitle] => entry[1] !== undefined));
    },
  };
}

function moviesOf({ knowledge, movie }: CatalogueCase): TmdbMovie[] {
  const { details, find } = knowledge;
  return [movie, details === 'refused' ? undefined : details, ...find].filter((known) => known !== undefined);
}
