import { utcDay } from '../clock.ts';
import type { Settings } from '../config/settings.ts';
import { ensurePartitionIndex, type IndexProgress } from '../imdb/build-index.ts';
import type { PartitionIndex } from '../imdb/partition-index.ts';
import type { Trace } from '../trace.ts';
import type { FleetConnection } from './fleet-connection.ts';

/**
 * Opens the partition index of a day for the settings' title types. If the lake has none, it is built, which downloads
 * IMDb's list (about 210 MB) once a day per lake.
 * @param options.day a UTC day such as `2026-11-22`; by default today.
 * @throws {UserError} for a past day that the lake does not have, or a list that cannot be downloaded.
 */
export function openIndex(
  connection: Pick<FleetConnection, 'lake' | 'clock' | 'datasetsUrl' | 'userAgent'> & {
    readonly settings: Pick<Settings, 'titleTypes'>;
    readonly trace?: Trace | undefined;
  },
  options: {
    readonly day?: string;
    readonly onProgress?: (progress: IndexProgress) => void;
    readonly signal?: AbortSignal;
  } = {},
): Promise<PartitionIndex> {
  const { clock, settings } = connection;
  const { day = utcDay(clock.now()), onProgress, signal } = options;
  return ensurePartitionIndex(
    { ...connection, signal },
    { day, titleTypes: settings.titleTypes, onProgress },
  );
}
