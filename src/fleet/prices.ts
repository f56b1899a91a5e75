/**
 * What AWS asks in us-east-1 for what a fleet uses, in US dollars, without free tiers and taxes.
 * https://aws.amazon.com/lambda/pricing/ (Arm), https://aws.amazon.com/s3/pricing/ (Standard),
 * https://aws.amazon.com/sqs/pricing/ (standard queues).
 */
export const PRICES = {
  /** When these were list prices. */
  date: '2025-06',
  region: 'us-east-1',
  lambdaPerGbSecond: 0.000_013_333_4,
  lambdaPerRequest: 0.2 / 1_000_000,
  s3PerPut: 0.005 / 1_000,
  s3PerGet: 0.000_4 / 1_000,
  sqsPerRequest: 0.4 / 1_000_000,
} as const;
