import type { Random } from '../random.ts';
import type { Ids } from './ids.ts';
import { makeMovieRow } from './imdb-rows.ts';
import {
  type CatalogueCase,
  drawReviewCount,
  drawSituation,
  knowSingle,
  REQUIRED,
  type Situation,
} from './situations.ts';
import { AWKWARD_TITLES, type InventedTitle, inventTitle } from './titles.ts';
import type { TmdbMovie } from './tmdb-movie.ts';

/** What the cases are drawn from. */
export interface CaseSource {
  readonly seed: string;
  readonly random: Random;
  readonly ids: Ids;
  /** The movies wanted; twins may make it one more. */
  readonly titles: number;
  readonly drawYear: () => number | null;
}

/** Draws the movie rows and what TMDB knows of each: every required situation first, then every awkward title. */
export function drawCases(source: CaseSource): CatalogueCase[] {
  const { random, titles, drawYear } = source;
  const cases: CatalogueCase[] = [];
  for (let index = 0; cases.length < titles; index++) {
    const [situation, reviews] = REQUIRED[index] ?? [drawSituation(random)];
    const invented = AWKWARD_TITLES[index - REQUIRED.length] ?? inventTitle(random);
    const year = index < REQUIRED.length ? (drawYear() ?? 2019) : drawYear();
    cases.push(
      ...drawCase(source, { situation, invented, year, reviews: reviews ?? drawReviewCount(random) }),
    );
  }
  return cases;
}

interface CaseDraft {
  readonly situation: Situation;
  readonly invented: InventedTitle;
  readonly year: number | null;
  readonly reviews: number;
}

function drawCase(source: CaseSource, draft: CaseDraft): CatalogueCase[] {
  const { random, ids } = source;
  const { situation, invented, year } = draft;
  if (situation === 'twinsNamed' || situation === 'twinsUnnamed') return drawTwins(source, draft, situation);
  const tconst = ids.imdb();
  const row = makeMovieRow(random, { tconst, title: invented.title, startYear: year });
  const makeMovie = (imdbId: string | null): TmdbMovie => draftMovie(source, draft, imdbId);
  const makeDecoy = (): TmdbMovie =>
    draftMovie(source, { ...draft, invented: inventTitle(random), reviews: 2 }, ids.imdb());
  return [{ row, situation, ...knowSingle(situation, { tconst, random, makeMovie, makeDecoy }) }];
}

/** Two rows of one title and year, hence of one partition, and one movie. */
function drawTwins(
  source: CaseSource,
  draft: CaseDraft,
  situation: 'twinsNamed' | 'twinsUnnamed',
): CatalogueCase[] {
  const { random, ids } = source;
  const startYear = draft.year ?? 2019;
  // Ids of one length, so that "the smaller" means the same by number and by letter.
  const [smaller, larger] = [ids.imdb(8), ids.imdb(8)].sort() as [string, string];
  const named = situation === 'twinsNamed';
  const movie = draftMovie(source, draft, named ? larger : null);
  const knowledge = named ? { details: movie, find: [movie] } : { find: [movie] };
  const makeTwin = (tconst: string, twin: string): CatalogueCase => {
    const row = makeMovieRow(random, { tconst, title: draft.invented.title, startYear });
    return { row, situation, knowledge, movie, twin };
  };
  return [makeTwin(smaller, larger), makeTwin(larger, smaller)];
}

function draftMovie({ seed, ids }: CaseSource, draft: CaseDraft, imdbId: string | null): TmdbMovie {
  const tmdbId = ids.tmdb();
  const { title, language } = draft.invented;
  const { year, reviews } = draft;
  return { tmdbId, imdbId, title, originalTitle: title, language, year, reviews, seed: `${seed}/${tmdbId}` };
}
