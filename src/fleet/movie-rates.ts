import { areSameSettings, countDone } from '../download/manifest.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import type { ManifestSummary } from './manifest-summary.ts';

/** Requests and documents per movie, measured or assumed. */
export interface MovieRates {
  /** TMDB requests per movie looked up, including failures and misses. */
  readonly requestsPerMovie: number;
  /** The share of movies that TMDB has. */
  readonly foundShare: number;
  readonly reviewsPerMovie: number;
  /** The number of movies in the lake that these were measured on; 0 if they are assumed. */
  readonly learntFrom: number;
}

/** An average over fewer movies is too uncertain. */
const FEWEST_MOVIES = 200;
/** Assumed until a lake has measurements: TMDB lacks one in five of IMDb's movies. */
const ASSUMED_FOUND_SHARE = 0.8;
/** Assumed: most movies have no reviews. */
const ASSUMED_REVIEWS_PER_MOVIE = 0.1;

/** Measures rates from earlier downloads with the same settings, or assumes them. */
export function learnRates(summaries: Iterable<ManifestSummary>, settings: LookupSettings): MovieRates {
  let asked = 0;
  let requests = 0;
  let found = 0;
  let done = 0;
  let reviews = 0;
  for (const { settings: theirs, counts, lastRun } of summaries) {
    if (!areSameSettings(theirs, settings)) continue;
    found += counts.found;
    done += countDone(counts);
    reviews += counts.reviews;
    // Requests during an outage say nothing about the requests per movie.
    if (lastRun.outcome === 'outage' || lastRun.outcome === 'keyRefused') continue;
    asked += lastRun.titles;
    requests += lastRun.requests;
  }
  const isKnown = done >= FEWEST_MOVIES;
  const foundShare = isKnown ? found / done : ASSUMED_FOUND_SHARE;
  return {
    foundShare,
    reviewsPerMovie: isKnown ? reviews / done : ASSUMED_REVIEWS_PER_MOVIE,
    requestsPerMovie: asked >= FEWEST_MOVIES ? requests / asked : requestsFor(foundShare, settings),
    learntFrom: isKnown ? done : 0,
  };
}

/** `details`: one request for a movie, two for a miss; `find`: one to find it, one for its reviews. */
function requestsFor(foundShare: number, { lookup, language, reviewLanguage }: LookupSettings): number {
  const reviewsApart = lookup === 'find' || language !== reviewLanguage;
  const perFound = 1 + (reviewsApart ? 1 : 0);
  const perMiss = lookup === 'find' ? 1 : 2;
  return foundShare * perFound + (1 - foundShare) * perMiss;
}
