import { describe, expect, it } from 'vitest';
import { estimateDownload, estimateFleet } from '../../src/fleet/estimate.ts';
import { PRICES } from '../../src/fleet/prices.ts';

const BUDGET = { requestsPerSecond: 40, workers: 4, memorySize: 512 };
const RATES = { requestsPerMovie: 1.2, foundShare: 0.8, reviewsPerMovie: 0.1, learntFrom: 0 };
const partitions = (count: number, left: number) => Array.from({ length: count }, () => ({ left }));

describe('estimateFleet', () => {
  it('forecasts hours and a few dollars for the whole catalogue', () => {
    const estimate = estimateFleet(partitions(9_000, 61), BUDGET, RATES);
    expect(estimate).toMatchObject({ requests: 658_800, boundBy: 'rate' });
    expect(estimate.seconds / 3600).toBeCloseTo(4.66, 2);
    const { s3, lambda, sqs, total, pricesOf } = estimate.dollars;
    expect(s3).toBeCloseTo(2.7, 1);
    expect(lambda).toBeCloseTo(0.45, 2);
    expect(sqs).toBeLessThan(0.05);
    expect(total).toBeCloseTo(s3 + lambda + sqs);
    expect(pricesOf).toMatch(/^us-east-1, \d{4}-\d\d$/);
  });

  it('rounds dollars to four decimals, so that thirty movies do not look free', () => {
    const { s3, lambda, sqs, total } = estimateFleet([{ left: 30 }], BUDGET, RATES).dollars;
    for (const dollars of [s3, lambda, sqs, total]) expect(String(dollars)).toMatch(/^0(\.\d{1,4})?$/);
    expect(total).toBeGreaterThan(0);
  });

  it('needs the same time for many tiny partitions as for a few large ones, because partitions overlap', () => {
    const few = estimateFleet(partitions(100, 120), BUDGET, RATES);
    const many = estimateFleet(partitions(12_000, 1), BUDGET, RATES);
    expect(few.boundBy).toBe('rate');
    expect(many.boundBy).toBe('rate');
    expect(many.seconds / few.seconds).toBeCloseTo(1, 2);
  });

  it('invokes a worker about once for the time in which it starts titles, not once per partition', () => {
    const cost = (count: number, left: number) => estimateFleet(partitions(count, left), BUDGET, RATES);
    const { lambda, sqs } = cost(12_000, 1).dollars;
    const { seconds } = cost(12_000, 1);
    // Four workers with half a GB, and a handful of invocations.
    expect(lambda).toBeCloseTo(4 * seconds * 0.5 * PRICES.lambdaPerGbSecond, 3);
    // Each message: a tenth of a batch send, a receive, and a delete.
    expect(sqs).toBeCloseTo(12_000 * 2.1 * PRICES.sqsPerRequest, 3);
  });

  it('adds a second per invocation, in which it starts or waits for its last titles', () => {
    const one = (left: number) => estimateFleet([{ left }], BUDGET, RATES).seconds;
    expect(one(1)).toBeCloseTo(1 + (1.2 / 10) * 1.015);
    expect(one(3_000)).toBeCloseTo(2 + (3_600 / 10) * 1.015);
  });

  it('forecasts idle workers when there are too few partitions', () => {
    const one = estimateFleet([{ left: 1_000 }], BUDGET, RATES);
    expect(one.boundBy).toBe('partitions');
    expect(one.seconds).toBeCloseTo(1 + (1_200 / 10) * 1.015);
  });

  it('takes at least the time of the largest partition', () => {
    const estimate = estimateFleet([{ left: 3_000 }, ...partitions(30, 100)], BUDGET, RATES);
    expect(estimate.boundBy).toBe('partitions');
    expect(estimate.seconds).toBeCloseTo(2 + (3_600 / 10) * 1.015);
  });

  it("is bound by a worker's connections when its share of the rate is high", () => {
    const estimate = estimateFleet(partitions(200, 1_000), { ...BUDGET, requestsPerSecond: 1_000 }, RATES);
    expect(estimate.boundBy).toBe('connections');
  });

  it("is bound by a worker's CPU when partitions without requests are many", () => {
    const estimate = estimateFleet(partitions(1_000, 0), BUDGET, RATES);
    expect(estimate.boundBy).toBe('partitions');
    expect(estimate.seconds).toBeCloseTo(1 + (1_000 / 4) * estimate.basis.leastSecondsPerPartition);
    const large = estimateFleet(partitions(1_000, 0), { ...BUDGET, memorySize: 1_769 }, RATES);
    expect(large.basis.leastSecondsPerPartition).toBeCloseTo(
      (estimate.basis.leastSecondsPerPartition * 512) / 1_769,
    );
  });

  it('includes the two manifests and two parts that each partition gets', () => {
    const s3Of = (count: number, left: number) =>
      estimateFleet(partitions(count, left), BUDGET, RATES).dollars.s3;
    expect(s3Of(10_000, 4) - s3Of(1_000, 40)).toBeCloseTo(9_000 * (4 * 0.000_005 + 2 * 0.000_000_4), 2);
  });

  it('includes reading the documents of partitions that only need their parts, which takes no request', () => {
    const estimate = estimateFleet(
      Array.from({ length: 9_000 }, () => ({ left: 0, documentsToRead: 60 })),
      BUDGET,
      RATES,
    );
    expect(estimate).toMatchObject({ requests: 0, documentsToRead: 540_000, boundBy: 'documents' });
    expect(estimate.basis.documentsReadPerSecond).toBe(200);
    const busySeconds = (9_000 / 4) * (60 / 200 + estimate.basis.leastSecondsPerPartition);
    expect(estimate.seconds).toBeCloseTo(busySeconds + Math.ceil(busySeconds / 255));
    // 540,000 GETs, and per partition two parts, two manifests and two reads.
    expect(estimate.dollars.s3).toBeCloseTo(0.216 + 9_000 * (4 * 0.000_005 + 2 * 0.000_000_4), 2);
  });

  it('forecasts no time for an empty plan', () => {
    expect(estimateFleet([], BUDGET, RATES)).toMatchObject({
      requests: 0,
      seconds: 0,
      dollars: { total: 0 },
    });
  });

  it('never forecasts more time for more workers with the same budget when there is enough work', () => {
    const few = estimateFleet(partitions(9_000, 61), { ...BUDGET, workers: 2 }, RATES);
    const many = estimateFleet(partitions(9_000, 61), { ...BUDGET, workers: 50 }, RATES);
    expect(many.seconds).toBeLessThanOrEqual(few.seconds);
    expect(many.requests).toBe(few.requests);
  });
});

describe('estimateDownload', () => {
  const inDirectory = { requestsPerSecond: 40, lake: 'directory' } as const;
  const inBucket = { requestsPerSecond: 40, lake: 'bucket' } as const;

  it('takes as long as a fleet when the rate is the limit', () => {
    const here = estimateDownload(partitions(9_000, 61), inDirectory, RATES);
    const fleet = estimateFleet(partitions(9_000, 61), BUDGET, RATES);
    expect(here).toMatchObject({ requests: 658_800, boundBy: 'rate' });
    expect(here.seconds).toBeCloseTo((658_800 / 40) * 1.015);
    expect(fleet.seconds / here.seconds).toBeCloseTo(1, 2);
  });

  it('costs nothing in a directory, and only the calls to S3 in a bucket', () => {
    expect(estimateDownload(partitions(9_000, 61), inDirectory, RATES)).not.toHaveProperty('dollars');
    const { dollars } = estimateDownload(partitions(9_000, 61), inBucket, RATES);
    const { s3, pricesOf } = estimateFleet(partitions(9_000, 61), BUDGET, RATES).dollars;
    expect(dollars).toEqual({ s3: dollars?.total, total: expect.closeTo(s3, 1), pricesOf });
  });

  it('uses the whole rate for a single partition', () => {
    const one = estimateDownload([{ left: 1_000 }], inDirectory, RATES);
    expect(one).toMatchObject({ boundBy: 'rate', seconds: expect.closeTo((1_200 / 40) * 1.015) });
  });
});
