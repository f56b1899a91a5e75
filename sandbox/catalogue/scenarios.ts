import type { Random } from '../random.ts';
import type { ImdbRow } from './imdb-rows.ts';
import type { TmdbMovie } from './tmdb-movie.ts';

/** TMDB's behavior for a movie's IMDb ID. docs/tmdb.md describes each case under "Find by IMDb ID" and "Movie details". */
export type Scenario =
  /** `/movie/{tt}` and `/find` return the movie, and its `imdb_id` is this ID. */
  | 'ordinary'
  /** TMDB does not know the id: `/movie/{tt}` is a 404, `/find` returns five empty arrays. */
  | 'miss'
  /** `/movie/{tt}` is a 404; `/find` returns the movie, and its `imdb_id` is this ID. */
  | 'findOnly'
  /** As `findOnly`, but the movie's `imdb_id` is null or an empty string. */
  | 'findOnlyUnnamed'
  /** `/movie/{tt}` returns a movie with another `imdb_id`; `/find` returns the right one. */
  | 'wrongMovie'
  /** As `wrongMovie`, but `/find` returns nothing. */
  | 'wrongMovieMiss'
  /** `/find` returns several movies, the right one first; `/movie/{tt}` is a 404. */
  | 'findSeveral'
  /** `/find` returns the movie and an unrelated TV entry; `/movie/{tt}` is a 404. */
  | 'findBesideTv'
  /** `/find` returns only a TV entry; `/movie/{tt}` is a 404. */
  | 'tvOnly'
  /** TMDB rejects the ID on both endpoints: status 500, code 44. */
  | 'refused'
  /** Two IMDb IDs of one partition share a movie whose `imdb_id` is the larger one; `/movie/{tt}` returns it for both. */
  | 'duplicateNamed'
  /** As `duplicateNamed`, but the movie has no `imdb_id`, and only `/find` returns it. */
  | 'duplicateUnnamed';

/** TMDB's responses for one IMDb ID. */
export interface TmdbAnswers {
  /** The response of `/movie/{tt}`; a 404 when absent. */
  readonly details?: TmdbMovie | 'refused';
  /** The `movie_results` of `/find/{tt}`. */
  readonly find: readonly TmdbMovie[];
  /** Whether `/find` returns a TV entry. */
  readonly tvEntry?: boolean;
}

/** A movie row of the list, TMDB's responses for it, and the movie that a correct download finds. */
export interface CatalogueCase {
  readonly row: ImdbRow;
  readonly scenario: Scenario;
  readonly answers: TmdbAnswers;
  /** The right movie; absent for IDs that TMDB does not know or rejects. */
  readonly movie?: TmdbMovie;
  /** For duplicates: the ID of the other row. */
  readonly otherId?: string;
}

/** Scenarios with their number of reviews. There is at least one of each kind, so even a small catalogue has all. */
export const REQUIRED: readonly (readonly [Scenario, number?])[] = [
  ...[20, 40, 21, 60, 1, 41].map((reviews) => ['ordinary', reviews] as const),
  ['miss'],
  ...(['findOnly', 'findOnlyUnnamed', 'wrongMovie', 'findSeveral', 'findBesideTv'] as const).flatMap(
    (scenario) => [[scenario, 0] as const, [scenario, 23] as const],
  ),
  ['wrongMovieMiss'],
  ['tvOnly'],
  ['refused'],
  ['duplicateNamed', 25],
  ['duplicateUnnamed', 3],
];

/** Draws a scenario at roughly its real frequency: most IDs are ordinary, one in twelve is a miss. */
export function drawScenario(random: Random): Scenario {
  const draw = random.next();
  if (draw < 0.9) return 'ordinary';
  if (draw < 0.98) return 'miss';
  return random.pick(REQUIRED)[0];
}

/** Draws a number of reviews: most movies have none, and few have a second page. */
export function drawReviewCount(random: Random): number {
  const draw = random.next();
  if (draw < 0.8) return 0;
  if (draw < 0.985) return random.int(1, 20);
  return random.int(21, 60);
}

/** Creates a movie whose details have this `imdb_id`. */
export type MakeMovie = (imdbId: string | null) => TmdbMovie;

/**
 * Creates TMDB's responses for `tconst` in a scenario with one ID. `makeDecoy` creates a movie with another ID.
 */
export function answersForScenario(
  scenario: Exclude<Scenario, 'duplicateNamed' | 'duplicateUnnamed'>,
  {
    tconst,
    random,
    makeMovie,
    makeDecoy,
  }: { tconst: string; random: Random; makeMovie: MakeMovie; makeDecoy: () => TmdbMovie },
): { readonly answers: TmdbAnswers; readonly movie?: TmdbMovie } {
  switch (scenario) {
    case 'miss':
      return { answers: { find: [] } };
    case 'refused':
      return { answers: { details: 'refused', find: [] } };
    case 'tvOnly':
      return { answers: { find: [], tvEntry: true } };
    case 'wrongMovieMiss':
      return { answers: { details: makeDecoy(), find: [] } };
    case 'findOnlyUnnamed': {
      const movie = makeMovie(random.pick([null, '']));
      return { answers: { find: [movie] }, movie };
    }
    default: {
      const movie = makeMovie(tconst);
      const answers: Record<typeof scenario, () => TmdbAnswers> = {
        ordinary: () => ({ details: movie, find: [movie] }),
        findOnly: () => ({ find: [movie] }),
        wrongMovie: () => ({ details: makeDecoy(), find: [movie] }),
        findSeveral: () => ({ find: [movie, makeDecoy()] }),
        findBesideTv: () => ({ find: [movie], tvEntry: true }),
      };
      return { answers: answers[scenario](), movie };
    }
  }
}
