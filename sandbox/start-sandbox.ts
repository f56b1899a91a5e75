import { join } from 'node:path';
import { initialOf } from '../src/imdb/title-partition.ts';
import { type SandboxAws, startAws } from './aws/start-aws.ts';
import { type Catalogue, createCatalogue } from './catalogue.ts';
import { startImdbStandIn } from './imdb-stand-in.ts';
import { SANDBOX_API_KEY } from './tmdb/keys.ts';
import { startTmdbStandIn, type TmdbStandIn } from './tmdb-stand-in.ts';

export interface SandboxOptions {
  /** The folder of AWS's state: buckets as plain files in `s3/`, logs in `logs/`. */
  readonly directory: string;
  /** Movies in the invented catalogue. */
  readonly titles?: number;
  /** The release years of most movies. */
  readonly years?: readonly number[];
  /** TMDB's response time. */
  readonly latencyMs?: number;
  /** The number of requests per second above which TMDB responds with 429. */
  readonly requestsPerSecond?: number;
  /** The share of faults among TMDB's responses, 0 to 1. */
  readonly faultRate?: number;
}

/** The stand-ins for all external services, on loopback. */
export interface Sandbox {
  /** The environment variables for a process in the sandbox. */
  readonly environment: Readonly<Record<string, string>>;
  /** The contents of TMDB and IMDb: invented, and always the same. */
  readonly catalogue: Catalogue;
  readonly tmdb: TmdbStandIn;
  readonly aws: SandboxAws;
  /** The bucket's objects as plain files, once `tdd deploy` has created it. */
  readonly bucketDirectory: string;
  stop(): Promise<void>;
}

/** The bucket in the sandbox's settings; `tdd deploy` creates it. */
export const SANDBOX_BUCKET = 'tdd-sandbox-lake';

/** Starts the stand-ins on free ports of 127.0.0.1. */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { directory, titles, years, latencyMs = 20, requestsPerSecond, faultRate = 0 } = options;
  const catalogue = createCatalogue(
    { initialOf },
    { ...(titles !== undefined && { titles }), ...(years && { years }) },
  );
  const tmdb = await startTmdbStandIn({
    catalogue,
    latencyMs,
    faults: { rate: faultRate },
    ...(requestsPerSecond !== undefined && { requestsPerSecond }),
  });
  const imdb = await startImdbStandIn({ source: catalogue });
  const aws = await startAws({ directory });
  return {
    environment: {
      ...aws.environment,
      DATALAKE_BUCKET_NAME: SANDBOX_BUCKET,
      TMDB_API_KEY: SANDBOX_API_KEY,
      TMDB_BASE_URL: tmdb.url,
      IMDB_DATASETS_URL: imdb.url,
    },
    catalogue,
    tmdb,
    aws,
    bucketDirectory: join(directory, 's3', SANDBOX_BUCKET),
    stop: async () => {
      await aws.stop();
      await Promise.all([tmdb.stop(), imdb.stop()]);
    },
  };
}
