import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { UsageError } from '../src/errors.ts';
import { initialOf } from '../src/imdb/title-partition.ts';
import { isRecord, parseJson } from '../src/json.ts';
import { isFileError } from '../src/lake/directory/file-errors.ts';
import { type SandboxAws, startAws } from './aws/start-aws.ts';
import { CATALOGUE_DEFAULTS, type Catalogue, type CatalogueOptions, createCatalogue } from './catalogue.ts';
import { startImdbStandIn } from './imdb-stand-in.ts';
import { SANDBOX_API_KEY } from './tmdb/keys.ts';
import { startTmdbStandIn, type TmdbStandIn } from './tmdb-stand-in.ts';

export interface SandboxOptions extends CatalogueOptions {
  /** The folder of the state: buckets as plain files in `s3/`, logs in `logs/`, and TMDB and IMDb's ports and catalogue. */
  readonly directory: string;
  /** TMDB's response time. */
  readonly latencyMs?: number;
  /** The time added to each call of S3 and SQS. Default: 0 ms. */
  readonly awsLatencyMs?: number;
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

/**
 * Starts the stand-ins on 127.0.0.1: those of TMDB and IMDb with the catalogue and on the ports of an earlier run in the same
 * directory, because lakes contain data from one source only.
 * @throws {UsageError} when such a port is in use, or the options ask for another catalogue.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { directory, latencyMs = 20, awsLatencyMs = 0, requestsPerSecond, faultRate = 0 } = options;
  const keptFile = join(directory, 'ports.json');
  const asked = contentsOf(options);
  const { ports, kept = asked } = await readKept(keptFile);
  const contents = { ...CATALOGUE_DEFAULTS, ...kept };
  if (!isDeepStrictEqual({ ...contents, ...asked }, contents)) {
    throw new UsageError(
      `The sandbox in "${directory}" has another catalog: leave out --titles and --tour, or give another --keep DIR.`,
    );
  }
  const catalogue = createCatalogue({ initialOf }, contents);
  const tmdb = await startTmdbStandIn({
    catalogue,
    ...ports.tmdb,
    latencyMs,
    faults: { rate: faultRate },
    ...(requestsPerSecond !== undefined && { requestsPerSecond }),
  }).catch((error: unknown) => explainPort(error, ports.tmdb, directory));
  const imdb = await startImdbStandIn({ source: catalogue, ...ports.imdb }).catch(async (error: unknown) => {
    await tmdb.stop();
    return explainPort(error, ports.imdb, directory);
  });
  await mkdir(directory, { recursive: true });
  const usedPorts = { tmdb: portOf(tmdb.url), imdb: portOf(imdb.url) };
  await writeFile(keptFile, JSON.stringify({ ...usedPorts, catalogue: contents }));
  const aws = await startAws({ directory, latencyMs: awsLatencyMs });
  return {
    environment: {
      ...aws.environment,
      no_proxy: withLoopback(process.env.no_proxy || process.env.NO_PROXY),
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

type KeptPort = { readonly port?: number };

/** Reads what an earlier run has kept. A directory without it gets free ports, and any catalogue. */
async function readKept(file: string): Promise<{
  readonly ports: { readonly tmdb: KeptPort; readonly imdb: KeptPort };
  readonly kept?: CatalogueOptions;
}> {
  const kept = parseJson(await readFile(file, 'utf8').catch(() => ''));
  if (!isRecord(kept)) return { ports: { tmdb: {}, imdb: {} } };
  const portNamed = (name: string): KeptPort => {
    const port = kept[name];
    return typeof port === 'number' ? { port } : {};
  };
  return {
    ports: { tmdb: portNamed('tmdb'), imdb: portNamed('imdb') },
    ...(isRecord(kept.catalogue) && { kept: contentsOf(kept.catalogue) }),
  };
}

/** Returns only the given options of a catalogue. */
function contentsOf(options: CatalogueOptions): CatalogueOptions {
  const isGiven = ([name, value]: [string, unknown]) => name in CATALOGUE_DEFAULTS && value !== undefined;
  return Object.fromEntries(Object.entries(options).filter(isGiven));
}

function portOf(url: string): number {
  return Number(new URL(url).port);
}

function explainPort(cause: unknown, { port }: KeptPort, directory: string): never {
  if (port === undefined || !isFileError(cause, 'EADDRINUSE')) throw cause;
  throw new UsageError(
    `Port ${port}, which the sandbox in "${directory}" needs again, is in use: stop the program that uses it, or give another --keep DIR.`,
    { cause },
  );
}

/** Adds the stand-ins to the hosts without a proxy. */
function withLoopback(noProxy: string | undefined): string {
  return noProxy ? `${noProxy},127.0.0.1` : '127.0.0.1';
}
