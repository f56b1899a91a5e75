/**
 * AWS's list prices in us-east-1 for what `tdd` uses, in US dollars, without free tiers or taxes. Each names its page, and
 * the month for which it was last confirmed.
 */
export const PRICES = {
  region: 'us-east-1',
  /** The oldest of these months. */
  date: '2026-06',
  /** Arm, up to 7.5 billion GB-seconds per month. https://aws.amazon.com/lambda/pricing/, September 2026. */
  lambdaPerGbSecond: 0.000_013_333_4,
  /** https://aws.amazon.com/lambda/pricing/, September 2026. */
  lambdaPerRequest: 0.2 / 1_000_000,
  /** S3 Standard: PUT and LIST. https://aws.amazon.com/s3/pricing/, September 2026. */
  s3PerPut: 0.005 / 1_000,
  /** S3 Standard. https://aws.amazon.com/s3/pricing/, September 2026. */
  s3PerGet: 0.000_4 / 1_000,
  /** S3 Standard, up to 50 TB. https://aws.amazon.com/s3/pricing/, September 2026. */
  s3PerGbMonth: 0.023,
  /** Standard queues, up to 100 billion requests per month. https://aws.amazon.com/sqs/pricing/, June 2026. */
  sqsPerRequest: 0.4 / 1_000_000,
} as const;

/** The cost of calls to S3, in US dollars. */
export function priceS3({ puts, gets }: { readonly puts: number; readonly gets: number }): number {
  return puts * PRICES.s3PerPut + gets * PRICES.s3PerGet;
}

/** The cost of Lambda and SQS, in US dollars. */
export function priceWorkers(work: {
  readonly seconds: number;
  /** Of a worker, MB. */
  readonly memorySize: number;
  readonly invocations: number;
  readonly sqsRequests: number;
}): { readonly lambda: number; readonly sqs: number } {
  const gbSeconds = work.seconds * (work.memorySize / 1_024);
  return {
    lambda: gbSeconds * PRICES.lambdaPerGbSecond + work.invocations * PRICES.lambdaPerRequest,
    sqs: work.sqsRequests * PRICES.sqsPerRequest,
  };
}

/** Rounds to four decimals: a small launch costs less than a cent but must not look free. */
export function roundDollars(dollars: number): number {
  return Math.round(dollars * 10_000) / 10_000;
}

/** The region and month of the prices, as `us-east-1, 2026-06`. */
export const PRICES_OF = `${PRICES.region}, ${PRICES.date}`;
