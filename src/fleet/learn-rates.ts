import { areSameSettings } from '../download/manifest.ts';
import type { FleetSettings, ManifestSummary } from './manifest-summary.ts';

/** What one movie costs, as far as that is known. */
export interface MovieRates {
  /** TMDB requests for one movie asked for, failures and misses among them. */
  readonly requestsPerMovie: number;
  /** The part of the movies that TMDB has. */
  readonly foundShare: number;
  readonly reviewsPerMovie: number;
  /** How many movies of the lake these were learnt from; 0: they are assumed. */
  readonly learntFrom: number;
}

/** Fewer movies say too little. */
const FEWEST_MOVIES = 200;
/** Assumed until a lake tells better: TMDB lacks one in five of IMDb's movies. */
const ASSUMED_FOUND_SHARE = 0.8;
/** Assumed: most movies have no review at all. */
const ASSUMED_REVIEWS_PER_MOVIE = 0.1;

/** Learns from what was downloaded under the same settings, or assumes. */
export function learnRates(summaries: Iterable<ManifestSummary>, settings: FleetSettings): MovieRates {
  let asked = 0;
  let requests = 0;
  let found = 0;
  let settled = 0;
  let reviews = 0;
  for (const { settings: theirs, counts, lastRun } of summaries) {
    if (!areSameSettings(theirs, settings)) continue;
    found += counts.found;
    settled += counts.found + counts.notFound + counts.refused;
    reviews += counts.reviews;
    // What an outage took is not what movies take.
    if (lastRun.outcome === 'outage' || lastRun.outcome === 'keyRefused') continue;
    asked += lastRun.titles;
    requests += lastRun.requests;
  }
  const isKnown = settled >= FEWEST_MOVIES;
  const foundShare = isKnown ? found / settled : ASSUMED_FOUND_SHARE;
  return {
    foundShare,
    reviewsPerMovie: isKnown ? reviews / settled : ASSUMED_REVIEWS_PER_MOVIE,
    requestsPerMovie: asked >= FEWEST_MOVIES ? requests / asked : requestsFor(foundShare, settings),
    learntFrom: isKnown ? settled : 0,
  };
}

/** `details`: one request for a movie, two for a miss; `find`: one to find it, one for its reviews. */
function requestsFor(foundShare: number, { lookup, language, reviewLanguage }: FleetSettings): number {
  const reviewsApart = lookup === 'find' || language !== reviewLanguage;
  const perFound = 1 + (reviewsApart ? 1 : 0);
  const perMiss = lookup === 'find' ? 1 : 2;
  return foundShare * perFound + (1 - foundShare) * perMiss;
}
