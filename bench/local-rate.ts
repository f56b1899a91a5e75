import { join } from 'node:path';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { SANDBOX_BUCKET } from '../sandbox/start-sandbox.ts';
import { verifyLake } from '../sandbox/verify-lake.ts';
import type { DownloadPlanResult } from '../src/cli/format-download-plan.ts';
import { createDirectoryLake } from '../src/lake/directory/directory-lake.ts';
import type { OpenSandbox } from '../test/e2e/open-sandbox.ts';
import { atMost, type BenchRow } from './bench-row.ts';
import { imdbYears } from './imdb-years.ts';
import { REALISTIC } from './measure-fleet.ts';
import { followRate, print } from './rate-use.ts';
import { withTmdbProcess } from './tmdb-process.ts';

const REQUESTS_PER_SECOND = 40;
const LIMIT_SECONDS = 600;
/** TMDB, and each call of S3, far from this machine. */
const DISTANT = { latencyMs: 250, awsLatencyMs: 400 };

interface OpenLake {
  /** For `--to`. */
  readonly to: string;
  /** Where its files are. */
  readonly directory: string;
}

/**
 * Measures how much of a limit of 40 requests per second `tdd download --min-year` uses with realistic latencies and
 * partitions of the sizes of IMDb's, and the errors of the forecast: into a bucket, into one on another continent, and into a
 * directory, 2 minutes each.
 */
export async function runLocalRateBench(): Promise<BenchRow[]> {
  return [
    ...(await measure('download into a bucket', openBucket, REALISTIC)),
    ...(await measure('download into a distant bucket', openBucket, DISTANT)),
    ...(await measure('download into a directory', openDirectory, REALISTIC)),
  ];
}

async function openBucket({ aws: { endpoint }, bucketDirectory }: OpenSandbox): Promise<OpenLake> {
  const credentials = { accessKeyId: 'bench', secretAccessKey: 'bench' };
  const s3 = new S3Client({ endpoint, region: 'us-east-1', credentials, forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: SANDBOX_BUCKET }));
  s3.destroy();
  return { to: `s3://${SANDBOX_BUCKET}`, directory: bucketDirectory };
}

async function openDirectory({ folder }: OpenSandbox): Promise<OpenLake> {
  const to = join(folder, 'lake');
  return { to, directory: to };
}

async function measure(
  name: string,
  open: (sandbox: OpenSandbox) => Promise<OpenLake>,
  latencies: typeof REALISTIC,
): Promise<BenchRow[]> {
  const catalogue = { titles: 4_000, years: imdbYears(4), olderYears: [], othersPerTitle: 1 };
  const options = { ...catalogue, ...latencies, requestsPerSecond: REQUESTS_PER_SECOND };
  return withTmdbProcess(options, async (sandbox, tmdb) => {
    const { to, directory } = await open(sandbox);
    let isRunning = true;
    const download = sandbox
      .tddJson<DownloadPlanResult>('download', '--min-year', '1870', '--yes', '--to', to)
      .finally(() => {
        isRunning = false;
      });
    const [use, { estimate }] = await Promise.all([
      followRate(tmdb, {
        name,
        requestsPerSecond: REQUESTS_PER_SECOND,
        limitSeconds: LIMIT_SECONDS,
        left: async () => ({ waiting: isRunning ? 1 : 0, open: 0 }),
      }),
      download,
    ]);
    const lake = createDirectoryLake({ directory });
    const { missing, unexpected, wrong, movies } = await verifyLake({ lake, catalogue: sandbox.catalogue });
    print(`${name}: ${movies} movies compared`);
    const errorOf = (forecast: number, took: number) => (Math.abs(forecast - took) / took) * 100;
    return [
      atMost(`${name}: rate left unused`, use.unusedPercent, 3, '%'),
      atMost(`${name}: answers 429`, use.tooManyPercent, 0.5, '%'),
      atMost(
        `${name}: documents and parts missing or wrong`,
        missing.length + unexpected.length + wrong.length,
        0,
        '',
      ),
      atMost(`${name}: error of the forecast requests`, errorOf(estimate.requests, use.requests), 10, '%'),
      atMost(`${name}: error of the forecast time`, errorOf(estimate.seconds, use.seconds), 10, '%'),
    ];
  });
}
