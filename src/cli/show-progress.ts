import type { ReadProgress } from '../app/manifest-summaries.ts';
import type { openIndex as OpenIndex } from '../app/open-index.ts';
import { utcDay } from '../clock.ts';
import type { DownloadProgress } from '../download/download-report.ts';
import type { Counts } from '../download/manifest.ts';
import type { IndexProgress } from '../imdb/build-index.ts';
import type { PartitionIndex } from '../imdb/partition-index.ts';
import { formatCount, formatNumberOf } from '../text.ts';
import type { CommandContext } from './context.ts';
import { createProgress } from './progress.ts';

/** Shows progress until `end` is called. */
interface Showing<State> {
  readonly update: (state: State) => void;
  readonly end: () => void;
}

/** Shows the progress of a download. @param what what is downloaded, such as `partition 2004/AD`. */
export function showDownload(context: CommandContext, what: string): Showing<DownloadProgress> {
  context.output.info(`Downloading ${what} …`);
  const bar = createProgress(context, 'titles');
  return {
    update: ({ done, total, found, notFound, refused, failed, reviews, requests, throttled }) =>
      bar.update({
        done,
        total,
        requests,
        fields: [
          // First, because it explains a low rate.
          ...(throttled > 0 ? [`${formatCount(throttled)} throttled`] : []),
          ...countFields({ failed, found, notFound, reviews }),
          ...(refused > 0 ? [`${refused} refused`] : []),
        ],
      }),
    end: bar.stop,
  };
}

/** Returns the details next to a progress bar of titles, most important first. */
export function countFields(counts: Pick<Counts, 'failed' | 'found' | 'notFound' | 'reviews'>): string[] {
  const { failed, found, notFound, reviews } = counts;
  return [
    `${formatCount(failed)} failed`,
    `${formatCount(found)} found`,
    `${formatCount(notFound)} not found`,
    formatNumberOf(reviews, 'review'),
  ];
}

const MEGABYTE = 1_000_000;

/** Opens today's partition index, as `openIndex` does, and shows the progress of building it when the lake has none. */
export async function openTodaysIndex(
  context: CommandContext,
  connection: Parameters<typeof OpenIndex>[0],
): Promise<PartitionIndex> {
  // It loads got, which takes 0.2 s: not for help or wrong usage.
  const { openIndex } = await import('../app/open-index.ts');
  const { clock, signal, onWait } = context;
  const day = utcDay(clock.now());
  context.output.info(`Looking up IMDb's list of ${day} …`);
  const show = showIndexBuilding(context, day);
  return openIndex(
    { ...connection, trace: context.output.trace, onWait },
    { day, signal, onProgress: show.update },
  ).finally(show.end);
}

function showIndexBuilding(context: CommandContext, day: string): Showing<IndexProgress> {
  let bar: ReturnType<typeof createProgress> | undefined;
  return {
    update: ({ from, bytes, sizeBytes = 0, rows }) => {
      if (!bar) {
        const source = from === 'imdb' ? 'Downloading' : "Reading the lake's copy of";
        context.output.info(`${source} IMDb's list of ${day} and indexing it by partition (once a day) …`);
        bar = createProgress(context, 'MB');
      }
      bar.update({
        done: Math.ceil(bytes / MEGABYTE),
        total: Math.ceil(Math.max(sizeBytes, bytes) / MEGABYTE),
        fields: [formatNumberOf(rows, 'row')],
      });
    },
    end: () => bar?.stop(),
  };
}

const MANY_MANIFESTS = 500;

/** Shows the progress of reading manifests, unless they are only a few. */
export function showManifestReading(context: CommandContext): Showing<ReadProgress> {
  let bar: ReturnType<typeof createProgress> | undefined;
  return {
    update: ({ read, total }) => {
      if (total < MANY_MANIFESTS) return;
      bar ??= createProgress(context, 'manifests');
      bar.update({ done: read, total, fields: [] });
    },
    end: () => bar?.stop(),
  };
}
