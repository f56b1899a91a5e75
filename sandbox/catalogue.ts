import type { Partition } from '../src/partition.ts';
import { addAwkwardDocuments } from './catalogue/awkward-documents.ts';
import { drawCases } from './catalogue/cases.ts';
import { EXAMPLE_IDS, makeExampleCases } from './catalogue/examples.ts';
import {
  type DocumentSettings,
  type ExpectedTitle,
  expectTitle,
  type InitialOf,
} from './catalogue/expected-title.ts';
import { createIds } from './catalogue/ids.ts';
import { COLUMNS, formatRow, type ImdbRow, makeOtherRow } from './catalogue/imdb-rows.ts';
import type { CatalogueCase, TmdbAnswers } from './catalogue/scenarios.ts';
import type { TmdbMovie } from './catalogue/tmdb-movie.ts';
import { createRandom } from './random.ts';

export interface CatalogueOptions {
  /** The same seed and numbers generate the same catalogue. */
  readonly seed?: string | number;
  /** Movies (titleType `movie`), not counting the examples. Below about 80, some scenarios and awkward titles are missing; below about 150, some awkward documents. */
  readonly titles?: number;
  /** Rows of other title types per movie. */
  readonly othersPerTitle?: number;
  /** The release years of most movies. */
  readonly years?: readonly number[];
  /** The release years of one movie in a hundred. */
  readonly olderYears?: readonly number[];
}

/** An invented IMDb list and invented TMDB responses for it. None of the content is TMDB's or IMDb's. */
export interface Catalogue {
  readonly seed: string;
  /** Every row of the list, in file order. */
  readonly rows: readonly ImdbRow[];
  /** The movie rows, each with TMDB's responses. */
  readonly cases: readonly CatalogueCase[];
  /** Malformed lines in the list, which a reader must count and skip. */
  readonly badLines: readonly string[];
  /** Returns TMDB's responses for an IMDb ID. */
  answersOf(imdbId: string): TmdbAnswers;
  /** Returns the movie with a TMDB ID. */
  movieOf(tmdbId: number): TmdbMovie | undefined;
  /** Generates the lines of title.basics.tsv without line ends, header first. */
  lines(): Generator<string>;
  /**
   * Returns the expected lake contents for each movie that has a year, by IMDb ID.
   * @param isWanted selects partitions; default: all.
   */
  expectedTitles(
    settings?: DocumentSettings,
    isWanted?: (partition: Partition) => boolean,
  ): Map<string, ExpectedTitle>;
}

const NO_ANSWERS: TmdbAnswers = { find: [] };

/** What a catalogue has by default: about 3,000 movies among 15,000 rows. */
export const CATALOGUE_DEFAULTS: Required<CatalogueOptions> = {
  seed: 1,
  titles: 3_000,
  othersPerTitle: 4,
  years: [2019, 2020, 2021, 2022, 2023, 2024],
  olderYears: [1931, 1968, 1999, 2012],
};

/** Invents a catalogue from a seed. The options have the {@link CATALOGUE_DEFAULTS}. */
export function createCatalogue(
  { initialOf }: { readonly initialOf: InitialOf },
  options: CatalogueOptions = {},
): Catalogue {
  const { seed, titles, othersPerTitle, years, olderYears } = { ...CATALOGUE_DEFAULTS, ...options };
  const random = createRandom(seed);
  const ids = createIds(random, EXAMPLE_IDS);
  const drawYear = (): number | null => {
    if (random.chance(0.01)) return null;
    return random.pick(olderYears.length > 0 && random.chance(0.01) ? olderYears : years);
  };
  const cases = [
    ...addAwkwardDocuments(drawCases({ seed: String(seed), random, ids, titles, drawYear })),
    ...makeExampleCases(String(seed)),
  ];
  const others = Array.from({ length: titles * othersPerTitle }, () =>
    makeOtherRow(random, ids.imdb(), years),
  );
  const rows = [...cases.map(({ row }) => row), ...others].sort((a, b) => (a.tconst < b.tconst ? -1 : 1));
  const answers = new Map(cases.map((given) => [given.row.tconst, given.answers]));
  const movies = new Map(cases.flatMap(moviesOf).map((movie) => [movie.tmdbId, movie]));
  const badLines = [
    `${ids.imdb()}\tmovie\tInterrupted in the Mid`,
    'no-id\tmovie\tNo Id\tNo Id\t0\t2020\t\\N\t90\tDrama',
  ];

  return {
    seed: String(seed),
    rows,
    cases,
    badLines,
    answersOf: (imdbId) => answers.get(imdbId) ?? NO_ANSWERS,
    movieOf: (tmdbId) => movies.get(tmdbId),
    *lines() {
      yield COLUMNS.join('\t');
      for (const [index, row] of rows.entries()) {
        if (index === 1) yield* badLines;
        yield formatRow(row);
      }
    },
    expectedTitles(settings, isWanted = () => true) {
      const expected = new Map<string, ExpectedTitle>();
      for (const given of cases) {
        const { tconst, primaryTitle, startYear } = given.row;
        if (startYear === null) continue;
        const partition = { year: startYear, initial: initialOf(primaryTitle) };
        if (isWanted(partition)) expected.set(tconst, expectTitle(given, partition, settings));
      }
      return expected;
    },
  };
}

function moviesOf({ answers, movie }: CatalogueCase): TmdbMovie[] {
  const { details, find } = answers;
  return [movie, details === 'refused' ? undefined : details, ...find].filter((given) => given !== undefined);
}
