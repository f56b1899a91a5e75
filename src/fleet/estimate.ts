import { areSameSettings, countDone } from '../download/manifest.ts';
import { MAX_CONNECTIONS, PACE_MARGIN } from '../tmdb/limits.ts';
import type { LookupSettings } from '../tmdb/look-up-movie.ts';
import { CHECKPOINT_SECONDS, WORKING_SECONDS } from '../worker-contract.ts';
import type { ManifestSummary } from './manifest-summary.ts';

/** The resources of a fleet. */
export interface FleetBudget {
  /** Of the whole fleet. */
  readonly requestsPerSecond: number;
  readonly workers: number;
  /** Of a worker, MB. */
  readonly memorySize: number;
}

/** The forecast of a fleet. */
export interface FleetEstimate {
  /** To TMDB. */
  readonly requests: number;
  /** Documents of earlier runs that workers read from the lake to write parts. */
  readonly documentsToRead: number;
  /** From the first message to the last partition. */
  readonly seconds: number;
  /**
   * What limits the speed: the rate budget, the number of connections per worker, partitions that are too few or too
   * unequal to keep all workers busy, or the documents that workers read to write parts.
   */
  readonly boundBy: 'rate' | 'connections' | 'partitions' | 'documents';
  /** US dollars, rounded to four decimals. */
  readonly dollars: {
    readonly s3: number;
    readonly lambda: number;
    readonly sqs: number;
    readonly total: number;
    /** The prices' region and date. */
    readonly pricesOf: string;
  };
  /** Assumptions and measurements that the forecast is based on. */
  readonly basis: MovieRates & {
    readonly secondsPerRequest: number;
    readonly leastSecondsPerPartition: number;
    readonly documentsReadPerSecond: number;
  };
}

/** Assumed time per movie and connection: TMDB's response and the writes to the lake. */
const SECONDS_PER_REQUEST = 0.3;
/**
 * Assumed minimum time per partition, from message to acknowledgement. For larger partitions only their requests count:
 * the pacer makes up for the time between two partitions.
 */
const LEAST_SECONDS_PER_PARTITION = 0.2;
/** Assumed documents that a worker reads per second to write parts. With 512 MB it has a third of a CPU, which limits it. */
const DOCUMENTS_READ_PER_SECOND = 200;
/** The index's map and rows, and the manifest. */
const READS_PER_PARTITION = 3;
/** One part per table: movies and reviews. */
const PARTS_PER_PARTITION = 2;
/** A tenth of a batch send, one receive, one change of visibility and one delete. */
const SQS_REQUESTS_PER_MESSAGE = 3.1;
/** Lambda polls the queue over five connections, with long polls of up to 20 s. */
const SQS_POLLS_PER_SECOND = 5 / 20;
/** If the time exceeds that of the rate alone by this factor, something else limits it. */
const BOUND_MARGIN = 1.1;

/**
 * Forecasts the requests, time and cost of a fleet. Each partition goes to the first free worker, as on AWS.
 * @param partitions the plan's partitions, in sending order; `left` is the number of movies to look up, `documentsToRead`
 *   that of the documents of earlier runs that are read for the parts.
 */
export function estimateFleet(
  partitions: readonly { readonly left: number; readonly documentsToRead?: number | undefined }[],
  budget: FleetBudget,
  rates: MovieRates,
): FleetEstimate {
  const { requestsPerSecond, workers, memorySize } = budget;
  const movies = partitions.reduce((sum, { left }) => sum + left, 0);
  const requests = Math.round(movies * rates.requestsPerMovie);
  const share = requestsPerSecond / workers / (1 + PACE_MARGIN);
  const perWorker = Math.min(share, MAX_CONNECTIONS / SECONDS_PER_REQUEST);
  const documentsToRead = partitions.reduce((sum, partition) => sum + (partition.documentsToRead ?? 0), 0);
  const durations = partitions.map(({ left, documentsToRead: reads = 0 }) =>
    Math.max(
      (left * rates.requestsPerMovie) / perWorker + reads / DOCUMENTS_READ_PER_SECOND,
      LEAST_SECONDS_PER_PARTITION,
    ),
  );
  const seconds = dealOut(durations, workers);
  const workerSeconds = durations.reduce((sum, duration) => sum + duration, 0);
  return {
    requests,
    documentsToRead,
    seconds,
    boundBy: boundBy(),
    dollars: priceFleet({ durations, movies, documentsToRead, rates, workerSeconds, seconds, memorySize }),
    basis: {
      ...rates,
      secondsPerRequest: SECONDS_PER_REQUEST,
      leastSecondsPerPartition: LEAST_SECONDS_PER_PARTITION,
      documentsReadPerSecond: DOCUMENTS_READ_PER_SECOND,
    },
  };

  function boundBy(): FleetEstimate['boundBy'] {
    if (seconds <= (requests / requestsPerSecond) * BOUND_MARGIN) return 'rate';
    if (documentsToRead / DOCUMENTS_READ_PER_SECOND > workerSeconds / 2) return 'documents';
    return perWorker < share ? 'connections' : 'partitions';
  }
}

/** Returns the total time if each partition goes to the first free worker (list scheduling). */
function dealOut(durations: readonly number[], workers: number): number {
  const freeAt: number[] = new Array(Math.min(workers, durations.length)).fill(0);
  for (const duration of durations) {
    let first = 0;
    for (let worker = 1; worker < freeAt.length; worker += 1) {
      if ((freeAt[worker] ?? 0) < (freeAt[first] ?? 0)) first = worker;
    }
    freeAt[first] = (freeAt[first] ?? 0) + duration;
  }
  return freeAt.reduce((latest, at) => Math.max(latest, at), 0);
}

function priceFleet(fleet: {
  readonly durations: readonly number[];
  readonly movies: number;
  readonly documentsToRead: number;
  readonly rates: MovieRates;
  readonly workerSeconds: number;
  readonly seconds: number;
  readonly memorySize: number;
}): FleetEstimate['dollars'] {
  const { durations, movies, documentsToRead, rates, workerSeconds, seconds, memorySize } = fleet;
  const invocations = durations.reduce(
    (sum, duration) => sum + Math.max(1, Math.ceil(duration / WORKING_SECONDS)),
    0,
  );
  const documents = movies * (rates.foundShare + rates.reviewsPerMovie);
  // A new manifest is written before the first document, then every few seconds, and at the end of each invocation.
  const manifests = durations.length + workerSeconds / CHECKPOINT_SECONDS + invocations;
  const puts = documents + manifests + durations.length * PARTS_PER_PARTITION;
  const gets = invocations * READS_PER_PARTITION + documentsToRead;
  const s3 = puts * PRICES.s3PerPut + gets * PRICES.s3PerGet;
  const lambda =
    workerSeconds * (memorySize / 1024) * PRICES.lambdaPerGbSecond + invocations * PRICES.lambdaPerRequest;
  const sqs =
    (invocations * SQS_REQUESTS_PER_MESSAGE + seconds * SQS_POLLS_PER_SECOND) * PRICES.sqsPerRequest;
  return {
    s3: roundDollars(s3),
    lambda: roundDollars(lambda),
    sqs: roundDollars(sqs),
    total: roundDollars(s3 + lambda + sqs),
    pricesOf: `${PRICES.region}, ${PRICES.date}`,
  };
}

/** Rounds to four decimals: a small launch costs less than a cent but must not look free. */
function roundDollars(dollars: number): number {
  return Math.round(dollars * 10_000) / 10_000;
}

/**
 * AWS's list prices in us-east-1 for what a fleet uses, in US dollars, without free tiers or taxes.
 * https://aws.amazon.com/lambda/pricing/ (Arm), https://aws.amazon.com/s3/pricing/ (Standard),
 * https://aws.amazon.com/sqs/pricing/ (standard queues).
 */
export const PRICES = {
  /** The month of these prices. */
  date: '2025-06',
  region: 'us-east-1',
  lambdaPerGbSecond: 0.000_013_333_4,
  lambdaPerRequest: 0.2 / 1_000_000,
  s3PerPut: 0.005 / 1_000,
  s3PerGet: 0.000_4 / 1_000,
  sqsPerRequest: 0.4 / 1_000_000,
} as const;

/** Requests and documents per movie, measured or assumed. */
interface MovieRates {
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
