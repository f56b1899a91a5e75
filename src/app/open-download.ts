import type { Settings } from '../config/settings.ts';
import { ConnectionError } from '../connection-error.ts';
import type { LakeLocation } from '../lake/open-lake.ts';
import { createNetwork, type Network } from '../network.ts';
import type { DownloadConnection } from './download.ts';
import { openLakeAt, type ProcessContext } from './open-aws.ts';
import { userAgent } from './version.ts';

/** The connection for a download in this process, which may have to build the partition index first. */
export interface LocalConnection extends DownloadConnection {
  readonly datasetsUrl: string;
  readonly userAgent: string;
  readonly network: Network;
}

/**
 * Connects to TMDB and a lake for a download in this process. Checks the key first, so that a rejected key changes
 * nothing.
 * @param options.onKeyUnchecked called with the reason when TMDB cannot check the key; the download may still work.
 * @throws {KeyRejectedError} when TMDB rejects the key.
 * @throws {ConnectionError} when the proxy or a certificate is the reason why TMDB cannot be reached.
 * @throws {BaseUrlError} when the base URL is not that of TMDB's API.
 * @throws {UsageError} when the bucket does not exist or belongs to another account.
 */
export async function openDownload(
  process: ProcessContext,
  source: { readonly settings: Settings; readonly apiKey: string; readonly location: LakeLocation },
  { onKeyUnchecked }: { readonly onKeyUnchecked: (reason: string) => void },
): Promise<LocalConnection> {
  const { settings, apiKey, location } = source;
  const { tmdbBaseUrl: baseUrl, imdbDatasetsUrl: datasetsUrl } = settings;
  const { clock, env, signal, trace, onWait } = process;
  // Loads got, which takes 0.2 s: not for help or a usage error.
  const { createTmdb, checkKeyIfReachable } = await import('./tmdb.ts');
  const { http, tmdb } = createTmdb({ clock, env, trace, onWait }, { settings, apiKey });
  const whyUnchecked = await checkKeyIfReachable({ http, baseUrl, apiKey, signal });
  if (whyUnchecked instanceof ConnectionError) throw whyUnchecked;
  if (whyUnchecked !== undefined) onKeyUnchecked(whyUnchecked.message);
  const lake = await openLakeAt(process, location);
  const network = createNetwork(env);
  return { lake, tmdb, clock, settings, random: Math.random, datasetsUrl, userAgent: userAgent(), network };
}
