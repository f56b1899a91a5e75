import { initialOf } from '../imdb/initial-of.ts';
import { type Catalogue, createCatalogue } from './catalogue.ts';
import { startImdbStandIn } from './imdb-stand-in.ts';
import { SANDBOX_API_KEY } from './tmdb/keys.ts';
import { startTmdbStandIn, type TmdbStandIn } from './tmdb-stand-in.ts';

export interface SandboxOptions {
  /** Movies of the invented catalogue. */
  readonly titles?: number;
  /** How long TMDB takes to answer. */
  readonly latencyMs?: number;
  /** Requests a second above which TMDB answers 429. */
  readonly requestsPerSecond?: number;
  /** The share of TMDB's answers that are faults, 0 to 1. */
  readonly faultRate?: number;
}

/** Every outside service, on loopback. */
export interface Sandbox {
  /** What a process must find in its environment to work in the sandbox. */
  readonly environment: Readonly<Record<string, string>>;
  /** What TMDB and IMDb know: invented, always the same. */
  readonly catalogue: Catalogue;
  readonly tmdb: TmdbStandIn;
  stop(): Promise<void>;
}

/** Starts the stand-ins on free ports of 127.0.0.1. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { titles, latencyMs = 20, requestsPerSecond, faultRate = 0 } = options;
  const catalogue = createCatalogue({ initialOf }, titles === undefined ? {} : { titles });
  const tmdb = await startTmdbStandIn({
    catalogue,
    latencyMs,
    faults: { rate: faultRate },
    ...(requestsPerSecond !== undefined && { requestsPerSecond }),
  });
  const imdb = await startImdbStandIn({ source: catalogue });
  return {
    environment: {
      TMDB_API_KEY: SANDBOX_API_KEY,
      TMDB_BASE_URL: tmdb.url,
      IMDB_DATASETS_URL: imdb.url,
    },
    catalogue,
    tmdb,
    stop: async () => {
      await Promise.all([tmdb.stop(), imdb.stop()]);
    },
  };
}
