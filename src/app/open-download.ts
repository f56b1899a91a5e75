import type { Settings } from '../config/settings.ts';
import { ConnectionError } from '../connection-error.ts';
import type { LakeLocation } from '../lake/open-lake.ts';
import { createNetwork, type Network } from '../network.ts';
import { createSummaryCacheFile, type SummaryCache } from './manifest-summaries.ts';
import { openLakeAt, type ProcessContext } from './open-aws.ts';
import type { DownloadConnection } from './run-targets.ts';
import { countDownloads, joinRateBudget, type RateShare } from './share-rate.ts';
import { userAgent } from './version.ts';

/** The connection for a plan: a lake, and IMDb's server, because the partition index may have to be built first. */
export interface PlanConnection extends Omit<DownloadConnection, 'tmdb'> {
  readonly datasetsUrl: string;
  readonly userAgent: string;
  readonly network: Network;
  /** Caches summaries of the lake's manifests; absent if there is no cache folder. */
  readonly cache?: SummaryCache;
}

/** The connection for a download in this process. */
export interface LocalConnection extends PlanConnection, DownloadConnection {
  /**
   * Returns the number of other downloads on this machine with the API key, and the rate that they leave for this one. A
   * download joins them with its first request to TMDB, so a plan takes nothing from the others.
   */
  readonly forecastRate: () => Promise<{ readonly others: number; readonly requestsPerSecond: number }>;
  /** Call it when the download has ended: other downloads on this machine then get its share of the rate. */
  readonly close: () => Promise<void>;
}

/**
 * Opens a lake for a plan, which needs no API key.
 * @param options.cacheFolder returns the user's cache folder of this program.
 * @throws {UsageError} when the bucket does not exist or belongs to another account.
 */
export async function openForPlan(
  process: ProcessContext,
  { settings, location }: { readonly settings: Settings; readonly location: LakeLocation },
  { cacheFolder }: { readonly cacheFolder: () => Promise<string> },
): Promise<PlanConnection> {
  const { clock, env } = process;
  const lake = await openLakeAt(process, location);
  const folder = await cacheFolder().catch(() => undefined);
  return {
    lake,
    ...(folder !== undefined && { cache: createSummaryCacheFile(folder, lake.url) }),
    settings,
    datasetsUrl: settings.imdbDatasetsUrl,
    userAgent: userAgent(),
    network: createNetwork(env),
    clock,
    random: Math.random,
  };
}

/**
 * Connects to TMDB and a lake for a download in this process. Checks the key first, so that a rejected key changes
 * nothing.
 * @param options.cacheFolder returns the user's cache folder of this program, where downloads that share a rate are registered.
 * @param options.onShare called when the number of other downloads on this machine that use the same API key changes, with this one's rate.
 * @param options.onShareFailed called with the reason when this download cannot know of others.
 * @param options.onKeyUnchecked called with the reason when TMDB cannot check the key; the download may still work.
 * @throws {KeyRejectedError} when TMDB rejects the key.
 * @throws {ConnectionError} when the proxy or a certificate is the reason why TMDB cannot be reached.
 * @throws {BaseUrlError} when the base URL is not that of TMDB's API.
 * @throws {UsageError} when the bucket does not exist or belongs to another account.
 */
export async function openDownload(
  process: ProcessContext,
  source: { readonly settings: Settings; readonly apiKey: string; readonly location: LakeLocation },
  options: {
    readonly onKeyUnchecked: (reason: string) => void;
    readonly cacheFolder: () => Promise<string>;
    readonly onShare: (others: number, requestsPerSecond: number) => void;
    readonly onShareFailed: (reason: string) => void;
  },
): Promise<LocalConnection> {
  const { settings, apiKey } = source;
  const { tmdbBaseUrl: baseUrl } = settings;
  const { clock, env, signal, trace, onWait } = process;
  // Loads got, which takes 0.2 s: not for help or a usage error.
  const { createTmdb, checkKeyIfReachable } = await import('./tmdb.ts');
  let share: Promise<RateShare | undefined> | undefined;
  let others = 0;
  const { http, tmdb } = createTmdb({ clock, env, trace, onWait, rateNow }, { settings, apiKey });
  const whyUnchecked = await checkKeyIfReachable({ http, baseUrl, apiKey, signal });
  if (whyUnchecked instanceof ConnectionError) throw whyUnchecked;
  if (whyUnchecked !== undefined) options.onKeyUnchecked(whyUnchecked.message);
  const close = async () => (await share)?.leave();
  return { ...(await openForPlan(process, source, options)), tmdb, forecastRate, close };

  function rateBesideOthers(): number {
    return settings.requestsPerSecond / (others + 1);
  }

  async function forecastRate() {
    const count = async () => countDownloads(await options.cacheFolder(), { apiKey, baseUrl });
    others = await count().catch(() => 0); // The first request reports the reason.
    return { others, requestsPerSecond: rateBesideOthers() };
  }

  async function joinBudget(): Promise<RateShare | undefined> {
    try {
      const folder = await options.cacheFolder();
      return await joinRateBudget({ clock, folder }, { apiKey, baseUrl });
    } catch (error) {
      options.onShareFailed(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  async function rateNow(): Promise<number> {
    share ??= joinBudget();
    const now = ((await (await share)?.count()) ?? 1) - 1;
    const before = others;
    others = now; // No await between these lines, because several requests may be waiting for this function.
    const rate = rateBesideOthers();
    if (others !== before) options.onShare(others, rate);
    return rate;
  }
}
