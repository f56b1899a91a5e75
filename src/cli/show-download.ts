import type { DownloadProgress } from '../download/download-partition.ts';
import type { IndexProgress } from '../imdb/build-index.ts';
import { type Partition, partitionName } from '../partition.ts';
import type { CommandContext } from './context.ts';
import { createProgress } from './progress.ts';

/** Something that shows progress until it is told to end. */
interface Showing<State> {
  readonly update: (state: State) => void;
  readonly end: () => void;
}

/** Shows how far a partition's download is. */
export function showDownload(context: CommandContext, partition: Partition): Showing<DownloadProgress> {
  context.output.info(`Downloading partition ${partitionName(partition)} …`);
  const bar = createProgress(context, 'titles');
  return {
    update: ({ done, total, found, notFound, refused, failed, reviews, throttled }) =>
      bar.update({
        done,
        total,
        fields: [
          `${failed} failed`,
          `${found} found`,
          `${notFound} not found`,
          `${reviews} reviews`,
          ...(refused > 0 ? [`${refused} refused`] : []),
          ...(throttled > 0 ? [`${throttled} × slowed down by TMDB`] : []),
        ],
      }),
    end: bar.stop,
  };
}

const MEGABYTE = 1_000_000;

/** Shows how far the building of a partition index is; nothing when there is one already. */
export function showIndexBuilding(context: CommandContext, day: string): Showing<IndexProgress> {
  let bar: ReturnType<typeof createProgress> | undefined;
  return {
    update: ({ from, bytes, sizeBytes = 0, rows }) => {
      if (!bar) {
        const place = from === 'imdb' ? 'downloaded from IMDb' : 'read from the lake';
        context.output.info(`IMDb's list of ${day} is ${place} and cut into partitions, once a day …`);
        bar = createProgress(context, 'MB');
      }
      bar.update({
        done: Math.ceil(bytes / MEGABYTE),
        total: Math.ceil(Math.max(sizeBytes, bytes) / MEGABYTE),
        fields: [`${rows.toLocaleString('en-US')} rows`],
      });
    },
    end: () => bar?.stop(),
  };
}
