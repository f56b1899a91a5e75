import { utcDay } from '../clock.ts';
import type { Settings } from '../config/settings.ts';
import { ensurePartitionIndex, type IndexProgress } from '../imdb/build-index.ts';
import type { PartitionIndex } from '../imdb/partition-index.ts';
import { checkSource, lakeSource } from '../lake/source.ts';
import type { Trace } from '../trace.ts';
import type { OnWait } from '../wait.ts';
import type { FleetConnection } from './fleet-connection.ts';

/**
 * Opens a day's partition index for the title types in the settings. If the lake does not have it, it is built from
 * IMDb's list (about 210 MB), which is downloaded once per day and lake.
 * @param options.day a UTC day such as `2026-11-22`; by default today.
 * @throws {UsageError} when the lake contains data from another source than that in the settings.
 * @throws {UserError} for a past day that is not in the lake, or when the list cannot be downloaded or has less than half of the
 *   titles of the previous one.
 */
export async function openIndex(
  connection: Pick<FleetConnection, 'lake' | 'clock' | 'datasetsUrl' | 'userAgent'> & {
    readonly settings: Pick<Settings, 'titleTypes' | 'tmdbBaseUrl' | 'imdbDatasetsUrl'> &
      Partial<Pick<Settings, 'acceptShrunkenList'>>;
    readonly trace?: Trace | undefined;
    readonly onWait?: OnWait | undefined;
  },
  options: {
    readonly day?: string;
    readonly onProgress?: (progress: IndexProgress) => void;
    readonly signal?: AbortSignal;
  } = {},
): Promise<PartitionIndex> {
  const { clock, settings } = connection;
  const { day = utcDay(clock.now()), onProgress, signal } = options;
  const source = lakeSource(settings);
  await checkSource(connection, source, { signal });
  return ensurePartitionIndex(
    { ...connection, source, signal },
    {
      day,
      titleTypes: settings.titleTypes,
      acceptShrunken: settings.acceptShrunkenList === 'yes',
      onProgress,
    },
  );
}
