import type { Random } from '../random.ts';
import type { ImdbRow } from './imdb-rows.ts';
import type { TmdbMovie } from './tmdb-movie.ts';

/** How TMDB knows the IMDb id of a movie; every kind in docs/tmdb.md, Find by IMDb id and Movie details. */
export type Situation =
  /** `/movie/{tt}` gives the movie, which names this id; `/find` knows it too. */
  | 'ordinary'
  /** Nobody knows it: 404, and five empty arrays. */
  | 'miss'
  /** `/movie/{tt}` is a 404, `/find` gives the movie, which names this id. */
  | 'findOnly'
  /** The same, and the movie names null or an empty string. */
  | 'findOnlyUnnamed'
  /** `/movie/{tt}` gives a movie that names another id; `/find` gives the right one. */
  | 'wrongMovie'
  /** The same, and `/find` gives none. */
  | 'wrongMovieMiss'
  /** `/find` gives several movies, the right one first; `/movie/{tt}` is a 404. */
  | 'findSeveral'
  /** `/find` gives a wrong TV entry beside the movie; `/movie/{tt}` is a 404. */
  | 'findBesideTv'
  /** `/find` gives a TV entry alone; `/movie/{tt}` is a 404. */
  | 'tvOnly'
  /** TMDB refuses the id: 500 with code 44, on both ways. */
  | 'refused'
  /** Two IMDb ids of one partition with one movie, which names the larger id; `/movie/{tt}` answers both. */
  | 'twinsNamed'
  /** The same, and the movie names neither; only `/find` knows them. */
  | 'twinsUnnamed';

/** What TMDB answers for one IMDb id. */
export interface Knowledge {
  /** What `/movie/{tt}` gives; none is a 404. */
  readonly details?: TmdbMovie | 'refused';
  /** `movie_results` of `/find/{tt}`. */
  readonly find: readonly TmdbMovie[];
  /** Does `/find` show a TV entry? */
  readonly tvEntry?: boolean;
}

/** A movie row with what is known of it and what is right. */
export interface CatalogueCase {
  readonly row: ImdbRow;
  readonly situation: Situation;
  readonly knowledge: Knowledge;
  /** The movie that belongs to the row; none for misses and refusals. */
  readonly movie?: TmdbMovie;
  /** Of twins: the other row's id. */
  readonly twin?: string;
}

/** One of each at least, so that a small catalogue has them all: situation, and the number of reviews. */
export const REQUIRED: readonly (readonly [Situation, number?])[] = [
  ...[20, 40, 21, 60, 1, 41].map((reviews) => ['ordinary', reviews] as const),
  ['miss'],
  ...(['findOnly', 'findOnlyUnnamed', 'wrongMovie', 'findSeveral', 'findBesideTv'] as const).flatMap(
    (situation) => [[situation, 0] as const, [situation, 23] as const],
  ),
  ['wrongMovieMiss'],
  ['tvOnly'],
  ['refused'],
  ['twinsNamed', 25],
  ['twinsUnnamed', 3],
];

/** Draws a situation as often as a real list meets it, by rough guess: most are ordinary, one in twelve a miss. */
export function drawSituation(random: Random): Situation {
  const draw = random.next();
  if (draw < 0.9) return 'ordinary';
  if (draw < 0.98) return 'miss';
  return random.pick(REQUIRED)[0];
}

/** Draws a number of reviews: most movies have none, a second page is rare. */
export function drawReviewCount(random: Random): number {
  const draw = random.next();
  if (draw < 0.8) return 0;
  if (draw < 0.985) return random.int(1, 20);
  return random.int(21, 60);
}

/** Makes a movie; `imdbId` is what its details name. */
export type MakeMovie = (imdbId: string | null) => TmdbMovie;

/**
 * What TMDB knows of `tconst` in a situation other than the twins'. `makeDecoy` makes a movie of another id.
 */
export function knowSingle(
  situation: Exclude<Situation, 'twinsNamed' | 'twinsUnnamed'>,
  {
    tconst,
    random,
    makeMovie,
    makeDecoy,
  }: { tconst: string; random: Random; makeMovie: MakeMovie; makeDecoy: () => TmdbMovie },
): { readonly knowledge: Knowledge; readonly movie?: TmdbMovie } {
  switch (situation) {
    case 'miss':
      return { knowledge: { find: [] } };
    case 'refused':
      return { knowledge: { details: 'refused', find: [] } };
    case 'tvOnly':
      return { knowledge: { find: [], tvEntry: true } };
    case 'wrongMovieMiss':
      return { knowledge: { details: makeDecoy(), find: [] } };
    case 'findOnlyUnnamed': {
      const movie = makeMovie(random.pick([null, '']));
      return { knowledge: { find: [movie] }, movie };
    }
    default: {
      const movie = makeMovie(tconst);
      const knowledge: Record<typeof situation, () => Knowledge> = {
        ordinary: () => ({ details: movie, find: [movie] }),
        findOnly: () => ({ find: [movie] }),
        wrongMovie: () => ({ details: makeDecoy(), find: [movie] }),
        findSeveral: () => ({ find: [movie, makeDecoy()] }),
        findBesideTv: () => ({ find: [movie], tvEntry: true }),
      };
      return { knowledge: knowledge[situation](), movie };
    }
  }
}
