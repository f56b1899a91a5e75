import { createRandom } from '../random.ts';
import { makeMovieRow } from './imdb-rows.ts';
import type { CatalogueCase } from './scenarios.ts';
import type { TmdbMovie } from './tmdb-movie.ts';

interface Example {
  readonly imdbId: string;
  readonly tmdbId: number;
  readonly title: string;
  readonly year: number;
  /** Absent for an ID that TMDB does not know. */
  readonly reviews?: number;
}

/**
 * The titles in the examples of `--help` and the README and in the prompts' defaults: partition 2004/AD and two single
 * IDs. Everything but those two IDs is invented.
 */
const EXAMPLES: readonly Example[] = [
  { imdbId: 'tt99200401', tmdbId: 9_900_001, title: 'Adagio for Two Ferries', year: 2004, reviews: 3 },
  { imdbId: 'tt99200402', tmdbId: 9_900_002, title: 'Adelaide by Lantern Light', year: 2004, reviews: 0 },
  { imdbId: 'tt99200403', tmdbId: 9_900_003, title: 'Admiral Without a Harbour', year: 2004, reviews: 24 },
  { imdbId: 'tt99200404', tmdbId: 9_900_004, title: 'Adrift in the Orchard', year: 2004, reviews: 1 },
  { imdbId: 'tt99200405', tmdbId: 9_900_005, title: 'Advice to a Lighthouse', year: 2004, reviews: 0 },
  { imdbId: 'tt99200406', tmdbId: 9_900_006, title: 'Adze', year: 2004 },
  { imdbId: 'tt0133093', tmdbId: 9_900_011, title: 'The Switchboard Upstairs', year: 1999, reviews: 5 },
  { imdbId: 'tt0137523', tmdbId: 9_900_012, title: 'A Quarrel of Violins', year: 1999, reviews: 2 },
];

/** The IDs that no other title of the catalogue may have. */
export const EXAMPLE_IDS = EXAMPLES.flatMap(({ imdbId, tmdbId }) => [imdbId, tmdbId]);

/** Makes the examples' rows and TMDB's responses for them. */
export function makeExampleCases(seed: string): CatalogueCase[] {
  const random = createRandom(`${seed}/examples`);
  return EXAMPLES.map(({ imdbId, tmdbId, title, year, reviews }) => {
    const row = makeMovieRow(random, { tconst: imdbId, title, startYear: year });
    if (reviews === undefined) return { row, scenario: 'miss', answers: { find: [] } };
    const texts = { title, originalTitle: row.originalTitle, language: 'en' };
    const movie: TmdbMovie = { tmdbId, imdbId, ...texts, year, reviews, seed: `${seed}/${tmdbId}` };
    return { row, scenario: 'ordinary', answers: { details: movie, find: [movie] }, movie };
  });
}
