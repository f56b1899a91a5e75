import { AWKWARD_MOVIES, type Changes } from './awkward-movies.ts';
import { AWKWARD_REVIEWS } from './awkward-reviews.ts';
import { type CatalogueCase, REQUIRED } from './scenarios.ts';
import type { Json, JsonObject, TmdbMovie } from './tmdb-movie.ts';

const MOVIES = Object.values(AWKWARD_MOVIES);
const REVIEWS = Object.values(AWKWARD_REVIEWS);

/**
 * Makes the documents of some ordinary movies awkward, each in one way, and some of their reviews. It uses no random
 * numbers, so the rest of the catalogue stays as it is, and it leaves the required scenarios alone, whose documents are as
 * documented.
 */
export function addAwkwardDocuments(cases: readonly CatalogueCase[]): CatalogueCase[] {
  let movies = 0;
  let reviews = 0;
  return cases.map((given, index) => {
    const { scenario, movie, row } = given;
    if (index < REQUIRED.length || scenario !== 'ordinary' || movie === undefined || row.startYear === null)
      return given;
    if (movies >= MOVIES.length && (reviews >= REVIEWS.length || movie.reviews === 0)) return given;
    const awkward: TmdbMovie = { ...movie, awkward: { movie: movies, firstReview: reviews } };
    movies += 1;
    reviews += movie.reviews;
    return { ...given, movie: awkward, answers: { details: awkward, find: [awkward] } };
  });
}

/** Returns the details of a movie with what is awkward about them. It has few votes, so that lists of the best omit it. */
export function changeMovie(document: JsonObject, { awkward }: TmdbMovie): JsonObject {
  return awkward ? change(document, { vote_count: 1, ...MOVIES[awkward.movie] }) : document;
}

/** Returns a review with what is awkward about it. @param index the review's position in the list. */
export function changeReview(document: JsonObject, { awkward }: TmdbMovie, index: number): JsonObject {
  return change(document, awkward && REVIEWS[awkward.firstReview + index]);
}

function change(document: JsonObject, changes: Changes = {}): JsonObject {
  const fields = Object.entries({ ...document, ...changes });
  return Object.fromEntries(fields.filter((field): field is [string, Json] => field[1] !== undefined));
}
