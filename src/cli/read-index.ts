import { userAgent } from '../app/version.ts';
import type { Settings } from '../config/settings.ts';
import type { PartitionIndex } from '../imdb/partition-index.ts';
import type { Lake } from '../lake/lake.ts';
import type { CommandContext } from './context.ts';
import { showIndexBuilding } from './show-download.ts';

/** The partition index of a day: read from the lake, or built, which is shown. */
export async function readIndex(
  context: CommandContext,
  { lake, settings, day }: { lake: Lake; settings: Settings; day: string },
): Promise<PartitionIndex> {
  const { clock, signal } = context;
  const { imdbDatasetsUrl: datasetsUrl, titleTypes } = settings;
  const { ensurePartitionIndex } = await import('../imdb/build-index.ts');
  context.output.info(`Looking up IMDb's list of ${day} …`);
  const show = showIndexBuilding(context, day);
  return ensurePartitionIndex(
    { lake, clock, datasetsUrl, userAgent: userAgent(), signal },
    { day, titleTypes, onProgress: show.update },
  ).finally(show.end);
}
