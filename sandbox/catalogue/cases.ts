import type { Random } from '../random.ts';
import type { Ids } from './ids.ts';
import { makeMovieRow } from './imdb-rows.ts';
import {
  answersForScenario,
  type CatalogueCase,
  drawReviewCount,
  drawScenario,
  REQUIRED,
  type Scenario,
} from './scenarios.ts';
import { AWKWARD_TITLES, type InventedTitle, inventTitle } from './titles.ts';
import type { TmdbMovie } from './tmdb-movie.ts';

/** The inputs for drawing cases. */
export interface CaseSource {
  readonly seed: string;
  readonly random: Random;
  readonly ids: Ids;
  /** How many movies to draw; a pair of duplicates at the end can add one. */
  readonly titles: number;
  readonly drawYear: () => number | null;
}

/** Draws the movie rows and TMDB's responses: first every required scenario, then every awkward title, then the rest. */
export function drawCases(source: CaseSource): CatalogueCase[] {
  const { random, titles, drawYear } = source;
  const cases: CatalogueCase[] = [];
  for (let index = 0; cases.length < titles; index++) {
    const [scenario, reviews] = REQUIRED[index] ?? [drawScenario(random)];
    const invented = AWKWARD_TITLES[index - REQUIRED.length] ?? inventTitle(random);
    const year = index < REQUIRED.length ? (drawYear() ?? 2019) : drawYear();
    cases.push(
      ...drawCase(source, { scenario, invented, year, reviews: reviews ?? drawReviewCount(random) }),
    );
  }
  return cases;
}

interface CaseDraft {
  readonly scenario: Scenario;
  readonly invented: InventedTitle;
  readonly year: number | null;
  readonly reviews: number;
}

function drawCase(source: CaseSource, draft: CaseDraft): CatalogueCase[] {
  const { random, ids } = source;
  const { scenario, invented, year } = draft;
  if (scenario === 'duplicateNamed' || scenario === 'duplicateUnnamed')
    return drawDuplicates(source, draft, scenario);
  const tconst = ids.imdb();
  const row = makeMovieRow(random, { tconst, title: invented.title, startYear: year });
  const makeMovie = (imdbId: string | null): TmdbMovie => draftMovie(source, draft, imdbId);
  const makeDecoy = (): TmdbMovie =>
    draftMovie(source, { ...draft, invented: inventTitle(random), reviews: 2 }, ids.imdb());
  return [{ row, scenario, ...answersForScenario(scenario, { tconst, random, makeMovie, makeDecoy }) }];
}

/** Draws two rows that share a movie. Equal titles and years put them into the same partition. */
function drawDuplicates(
  source: CaseSource,
  draft: CaseDraft,
  scenario: 'duplicateNamed' | 'duplicateUnnamed',
): CatalogueCase[] {
  const { random, ids } = source;
  const startYear = draft.year ?? 2019;
  // With IDs of equal length, numeric and lexical order agree.
  const [smaller, larger] = [ids.imdb(8), ids.imdb(8)].sort() as [string, string];
  const named = scenario === 'duplicateNamed';
  const movie = draftMovie(source, draft, named ? larger : null);
  const answers = named ? { details: movie, find: [movie] } : { find: [movie] };
  const makeCase = (tconst: string, otherId: string): CatalogueCase => {
    const row = makeMovieRow(random, { tconst, title: draft.invented.title, startYear });
    return { row, scenario, answers, movie, otherId };
  };
  return [makeCase(smaller, larger), makeCase(larger, smaller)];
}

function draftMovie({ seed, ids }: CaseSource, draft: CaseDraft, imdbId: string | null): TmdbMovie {
  const tmdbId = ids.tmdb();
  const { title, language } = draft.invented;
  const { year, reviews } = draft;
  return { tmdbId, imdbId, title, originalTitle: title, language, year, reviews, seed: `${seed}/${tmdbId}` };
}
