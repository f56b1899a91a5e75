import { MAX_CONNECTIONS, PACE_MARGIN } from '../tmdb/limits.ts';
import { CHECKPOINT_SECONDS, WORKING_SECONDS } from '../worker-contract.ts';
import type { MovieRates } from './movie-rates.ts';
import { PRICES_OF, priceS3, priceWorkers, roundDollars } from './prices.ts';

/** The resources of a fleet. */
export interface FleetBudget {
  /** Of the whole fleet. */
  readonly requestsPerSecond: number;
  readonly workers: number;
  /** Of a worker, MB. */
  readonly memorySize: number;
}

/** The resources of a download from this process. */
export interface LocalBudget {
  readonly requestsPerSecond: number;
  /** Where the documents are written: only a bucket costs money. */
  readonly lake: 'bucket' | 'directory';
}

/** The forecast of a download, by a fleet or from this process. */
export interface DownloadEstimate {
  /** To TMDB. */
  readonly requests: number;
  /** Documents of earlier runs that are read from the lake to write parts. */
  readonly documentsToRead: number;
  /** From the first partition to the last. */
  readonly seconds: number;
  /**
   * What limits the speed: the rate budget, the number of connections, partitions that are too few or too unequal to keep
   * all workers busy (or so many that each needs more time than its requests), or the documents that are read for the parts.
   */
  readonly boundBy: 'rate' | 'connections' | 'partitions' | 'documents';
  /** US dollars, rounded to four decimals. Absent for a download into a directory, which costs nothing. */
  readonly dollars?: {
    readonly s3: number;
    readonly total: number;
    /** The prices' region and month. */
    readonly pricesOf: string;
  };
  /** Assumptions and measurements that the forecast is based on. */
  readonly basis: MovieRates & {
    readonly secondsPerRequest: number;
    readonly leastSecondsPerPartition: number;
    readonly documentsReadPerSecond: number;
  };
}

/** The forecast of a fleet. */
export interface FleetEstimate extends DownloadEstimate {
  readonly dollars: NonNullable<DownloadEstimate['dollars']> & {
    readonly lambda: number;
    readonly sqs: number;
  };
}

/** A partition to download. */
export interface Work {
  /** The number of movies to look up. */
  readonly left: number;
  /** The number of documents of earlier runs that are read for the parts. */
  readonly documentsToRead?: number | undefined;
}

/** Assumed time per movie and connection: TMDB's response and the writes to the lake. */
const SECONDS_PER_REQUEST = 0.3;
/**
 * Assumed CPU time per partition: to read its titles and manifest, and to write its manifest and parts. The waits for the lake
 * and the queue overlap with those of other partitions.
 */
const CPU_SECONDS_PER_PARTITION = 0.02;
/** Assumed CPU time to read a document for the parts. */
const CPU_SECONDS_PER_DOCUMENT = 0.001_45;
/** A worker with this memory has one CPU; with less, a share of it (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html). */
const MB_PER_CPU = 1_769;
/** Assumed time of each invocation in which a worker sends no requests: it starts, or waits for its last titles. */
const IDLE_SECONDS_PER_INVOCATION = 1;
/** Its rows of the index, and the manifest. */
const READS_PER_PARTITION = 2;
/** A manifest before the first document, and one at the end. */
const MANIFESTS_PER_PARTITION = 2;
/** One part per table: movies and reviews. */
const PARTS_PER_PARTITION = 2;
/** A tenth of a batch send, at most one receive, and one delete. */
const SQS_REQUESTS_PER_MESSAGE = 2.1;
/** The change of the first message's visibility, and a receive that finds no more messages. */
const SQS_REQUESTS_PER_INVOCATION = 2;
/** Lambda polls the queue over five connections, with long polls of up to 20 s. */
const SQS_POLLS_PER_SECOND = 5 / 20;
/** If the time exceeds that of the rate alone by this factor, something else limits it. */
const BOUND_MARGIN = 1.1;

/**
 * Forecasts the requests, time and cost of a fleet. Each partition goes to the worker that is free first; a worker
 * downloads several at the same time, so only the total of their requests counts.
 * @param partitions the plan's partitions, in sending order.
 */
export function estimateFleet(
  partitions: readonly Work[],
  budget: FleetBudget,
  rates: MovieRates,
): FleetEstimate {
  const { requestsPerSecond, workers, memorySize } = budget;
  const cpus = Math.min(1, memorySize / MB_PER_CPU);
  const { busySeconds, ...forecast } = forecastWork(partitions, { requestsPerSecond, workers, cpus }, rates);
  const invocationsOf = (seconds: number) => Math.ceil(Math.max(seconds, 1) / WORKING_SECONDS);
  const invocations = sumOf(busySeconds, invocationsOf);
  const workerSeconds = sumOf(busySeconds, (seconds) => seconds) + invocations * IDLE_SECONDS_PER_INVOCATION;
  const seconds = greatestOf(
    busySeconds.map((busy) => busy + invocationsOf(busy) * IDLE_SECONDS_PER_INVOCATION),
  );
  // An invocation whose time runs out leaves the rest of a partition to a continuation message.
  const continuations = invocations - busySeconds.length;
  const messages = partitions.length + continuations;
  const sqsRequests =
    messages * SQS_REQUESTS_PER_MESSAGE +
    invocations * SQS_REQUESTS_PER_INVOCATION +
    seconds * SQS_POLLS_PER_SECOND;
  const s3 = priceS3(countS3Calls(forecast, { runs: messages, partitions: partitions.length }));
  const { lambda, sqs } = priceWorkers({ seconds: workerSeconds, memorySize, invocations, sqsRequests });
  return {
    ...estimateOf(forecast),
    seconds,
    dollars: {
      s3: roundDollars(s3),
      lambda: roundDollars(lambda),
      sqs: roundDollars(sqs),
      total: roundDollars(s3 + lambda + sqs),
      pricesOf: PRICES_OF,
    },
  };
}

/**
 * Forecasts the requests, time and cost of a download of several partitions from this process.
 * @param partitions the plan's partitions.
 */
export function estimateDownload(
  partitions: readonly Work[],
  { requestsPerSecond, lake }: LocalBudget,
  rates: MovieRates,
): DownloadEstimate {
  const forecast = forecastWork(partitions, { requestsPerSecond, workers: 1, cpus: 1 }, rates);
  const estimate = { ...estimateOf(forecast), seconds: greatestOf(forecast.busySeconds) };
  if (lake === 'directory') return estimate;
  const { length } = partitions;
  const s3 = roundDollars(priceS3(countS3Calls(forecast, { runs: length, partitions: length })));
  return { ...estimate, dollars: { s3, total: s3, pricesOf: PRICES_OF } };
}

type Forecast = Omit<ReturnType<typeof forecastWork>, 'busySeconds'>;

/** @param options.cpus of each worker, at most 1. */
function forecastWork(
  partitions: readonly Work[],
  { requestsPerSecond, workers, cpus }: { requestsPerSecond: number; workers: number; cpus: number },
  rates: MovieRates,
) {
  const movies = sumOf(partitions, ({ left }) => left);
  const requests = Math.round(movies * rates.requestsPerMovie);
  const documentsToRead = sumOf(partitions, (partition) => partition.documentsToRead ?? 0);
  const share = requestsPerSecond / workers / (1 + PACE_MARGIN);
  const perWorker = Math.min(share, MAX_CONNECTIONS / SECONDS_PER_REQUEST);
  const leastSecondsPerPartition = CPU_SECONDS_PER_PARTITION / cpus;
  const documentsReadPerSecond = Math.round(cpus / CPU_SECONDS_PER_DOCUMENT);
  const durations = partitions.map(({ left, documentsToRead: reads = 0 }) =>
    Math.max(
      (left * rates.requestsPerMovie) / perWorker,
      leastSecondsPerPartition + reads / documentsReadPerSecond,
    ),
  );
  const busySeconds = dealOut(durations, workers);
  return {
    movies,
    requests,
    documentsToRead,
    /** Of each worker that gets partitions. */
    busySeconds,
    /** Manifests that are written while a partition is being downloaded. */
    checkpoints: sumOf(durations, (seconds) => Math.floor(seconds / CHECKPOINT_SECONDS)),
    boundBy: boundBy(),
    basis: {
      ...rates,
      secondsPerRequest: SECONDS_PER_REQUEST,
      leastSecondsPerPartition,
      documentsReadPerSecond,
    },
  };

  function boundBy(): DownloadEstimate['boundBy'] {
    if (greatestOf(busySeconds) <= (requests / requestsPerSecond) * BOUND_MARGIN) return 'rate';
    const readingSeconds = documentsToRead / documentsReadPerSecond;
    if (readingSeconds > sumOf(durations, (seconds) => seconds) / 2) return 'documents';
    return perWorker < share ? 'connections' : 'partitions';
  }
}

function estimateOf({ requests, documentsToRead, boundBy, basis }: Forecast) {
  return { requests, documentsToRead, boundBy, basis };
}

/** @param options.runs on a partition: continuations too. */
function countS3Calls(
  { movies, documentsToRead, checkpoints, basis }: Forecast,
  { runs, partitions }: { readonly runs: number; readonly partitions: number },
): { puts: number; gets: number } {
  const documents = movies * (basis.foundShare + basis.reviewsPerMovie);
  const manifests = runs * MANIFESTS_PER_PARTITION + checkpoints;
  return {
    puts: documents + manifests + partitions * PARTS_PER_PARTITION,
    gets: runs * READS_PER_PARTITION + documentsToRead,
  };
}

/** Returns each worker's total time if each partition goes to the first free worker (list scheduling). */
function dealOut(durations: readonly number[], workers: number): number[] {
  const freeAt: number[] = new Array(Math.min(workers, durations.length)).fill(0);
  for (const duration of durations) {
    let first = 0;
    for (let worker = 1; worker < freeAt.length; worker += 1) {
      if ((freeAt[worker] ?? 0) < (freeAt[first] ?? 0)) first = worker;
    }
    freeAt[first] = (freeAt[first] ?? 0) + duration;
  }
  return freeAt;
}

function sumOf<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((sum, item) => sum + value(item), 0);
}

function greatestOf(numbers: readonly number[]): number {
  return numbers.reduce((greatest, number) => Math.max(greatest, number), 0);
}
